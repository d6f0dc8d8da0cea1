import { request } from 'node:http';
import { GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { Front } from '../front/front';

/** Hears of every piece of text that a follower got. */
export type Hear = (text: string) => void;

const CHANGES = 'subscription { workItemStateChanged { workItemId newState version cursor } }';

/** Follows `/v1/events`; resolves when the stream has begun. Returns what ends it. */
export function followEvents({ gatewayUrl, apiKey }: Front, hear: Hear): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const call = request(`${gatewayUrl}/v1/events`, { headers: { 'x-api-key': apiKey }, agent: false }, (answer) => {
      if (answer.statusCode !== 200) return reject(new Error(`the stream answers ${answer.statusCode}`));
      answer.setEncoding('utf8').on('data', hear);
      answer.once('data', () => resolve(() => call.destroy()));
    });
    call.on('error', reject).end();
  });
}

/** Subscribes over WebSocket; resolves when the subscription was sent. */
export function subscribeToChanges({ gatewayUrl, apiKey }: Front, hear: Hear): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${gatewayUrl.replace('http', 'ws')}/graphql`, GRAPHQL_TRANSPORT_WS_PROTOCOL);
    socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload: { 'x-api-key': apiKey } })));
    socket.on('message', (data: Buffer) => {
      const text = data.toString();
      if (!text.startsWith('{"type":"connection_ack"')) return hear(text);
      socket.send(JSON.stringify({ type: 'subscribe', id: '1', payload: { query: CHANGES } }));
      resolve(() => socket.close());
    });
    socket.on('error', reject);
  });
}
