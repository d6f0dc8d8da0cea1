import type { Socket } from 'node:net';

/** One connection of kafkajs. */
export interface Connection {
  socket?: Socket;
  readonly broker: string;
  connectionStatus: string;
  chunks: Buffer[];
  bytesBuffered: number;
  bytesNeeded: number;
  isConnected(): boolean;
  rejectRequests(error: Error): void;
  connect(): Promise<unknown>;
  send(exchange: unknown): Promise<unknown>;
}

interface KafkajsErrors {
  readonly KafkaJSConnectionError: new (message: string, at: { readonly broker: string }) => Error;
}

const LENGTH_BYTES = 4;
let applied = false;

/**
 * Two things that kafkajs leaves open on a network that fails without saying so. A connection on which a request was
 * not answered in time is given up, as Java's client does: kafkajs would go on using it for as long as TCP takes to
 * notice, which is a quarter of an hour. And a connection starts without the rest of an answer that was cut off.
 */
export function applyConnectionFix(): void {
  if (applied) return;
  applied = true;
  // kafkajs has no entry for these; the files are part of the pinned version.
  const { prototype } = require('kafkajs/src/network/connection') as { prototype: Connection };
  const { KafkaJSConnectionError } = require('kafkajs/src/errors') as KafkajsErrors;
  const { send, connect } = prototype;
  if (typeof send !== 'function' || typeof connect !== 'function')
    throw new Error('kafkajs has changed: no connection');
  prototype.send = async function (exchange) {
    const { socket } = this;
    try {
      return await send.call(this, exchange);
    } catch (error) {
      if (isTimeout(error) && socket !== undefined && socket === this.socket) {
        abandon(this, new KafkaJSConnectionError('The broker does not answer', this));
      }
      throw error;
    }
  };
  prototype.connect = function () {
    if (!this.isConnected()) startClean(this);
    return connect.call(this);
  };
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'KafkaJSRequestTimeoutError';
}

/** Closes the connection without waiting for what is under way on it, which is rejected with the reason. */
export function abandon(connection: Connection, reason: Error): void {
  connection.socket?.removeAllListeners('data');
  connection.socket?.destroy();
  connection.connectionStatus = 'disconnected';
  connection.rejectRequests(reason);
}

function startClean(connection: Connection): void {
  // What an old socket still has to say would be taken for the beginning of an answer of the new one.
  connection.socket?.removeAllListeners('data');
  connection.chunks = [];
  connection.bytesBuffered = 0;
  connection.bytesNeeded = LENGTH_BYTES;
}
