import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';

/** Stands for query-api: answers every request with an event stream, and speaks WebSocket on any path. */
export class LiveService {
  readonly streams: ServerResponse[] = [];
  readonly sockets: WebSocket[] = [];
  readonly seen: IncomingHttpHeaders[] = [];
  /** What came over WebSocket, as JSON. */
  readonly messages: any[] = [];
  refuses = false;
  private readonly server: Server;

  constructor() {
    const webSockets = new WebSocketServer({ noServer: true });
    this.server = createServer((request, response) => {
      this.seen.push(request.headers);
      this.streams.push(response);
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
      response.write('retry: 1000\nid: c0\n\n');
    });
    this.server.on('upgrade', (request, socket, head) => {
      if (this.refuses) return socket.end('HTTP/1.1 503 Unavailable\r\nconnection: close\r\n\r\n');
      this.seen.push(request.headers);
      webSockets.handleUpgrade(request, socket, head, (accepted) => {
        this.sockets.push(accepted);
        accepted.on('message', (data: Buffer) => this.messages.push(JSON.parse(data.toString())));
      });
    });
  }

  start(): Promise<string> {
    return new Promise((resolve) =>
      this.server.listen(0, '127.0.0.1', () =>
        resolve(`http://127.0.0.1:${(this.server.address() as AddressInfo).port}`),
      ),
    );
  }

  reset(): void {
    for (const list of [this.streams, this.sockets, this.seen, this.messages]) list.length = 0;
    this.refuses = false;
  }

  stop(): void {
    this.sockets.forEach((socket) => socket.terminate());
    this.server.closeAllConnections();
    this.server.close();
  }
}
