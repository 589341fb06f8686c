/** For live tests: an edge of its own on free ports, origins that answer with their name, and a client. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { freePort } from '#tools/free-port.ts';
import { createHaproxyEdge, type EdgeConfig, type HaproxyEdge } from '#server/edge/haproxy/driver.ts';
import type { EdgeServer } from '#server/edge/types.ts';

export interface Origin {
  server: EdgeServer;
  http: http.Server;
  /** Requests that arrived: `<method> <path>`. */
  seen: string[];
  headers: http.IncomingHttpHeaders[];
  close(): Promise<void>;
}

/**
 * Answers 200 with its name in `X-Origin`. `/hold` answers a first chunk and stays open; `/slow` takes 300 ms;
 * `/status/<n>` answers n; `/drop` closes without an answer.
 */
export async function startOrigin(name: string, address = '127.0.0.21'): Promise<Origin> {
  const seen: string[] = [];
  const headers: http.IncomingHttpHeaders[] = [];
  const server = http.createServer((request, response) => {
    seen.push(`${request.method ?? ''} ${request.url ?? ''}`);
    headers.push(request.headers);
    request.resume();
    const url = request.url ?? '/';
    response.setHeader('X-Origin', name);
    const finish = (): void => void response.end(name);
    if (url === '/drop') request.socket.destroy();
    else if (url.startsWith('/status/')) response.writeHead(Number(url.slice(8))).end();
    else if (url.startsWith('/hold')) response.write('held');
    else if (url === '/slow') setTimeout(finish, 300);
    else request.once('end', finish);
  });
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(data)).on('error', () => undefined));
  await new Promise<void>((resolve) => void server.listen(0, address, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    server: { name, address, port },
    http: server,
    seen,
    headers,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets.clients) socket.terminate();
        server.closeAllConnections();
      }),
  };
}

export interface Answer {
  status: number;
  origin: string | null;
  headers: http.IncomingHttpHeaders;
  body: string;
}
export interface RequestOptions {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  agent?: http.Agent | false;
}
export interface TestEdge {
  config: EdgeConfig;
  edge: HaproxyEdge;
  folder: string;
  /** A driver of the same edge in another process's place; the first one's watch goes on until `close`. */
  another(): HaproxyEdge;
  request(host: string, path?: string, options?: RequestOptions): Promise<Answer>;
  /** A request that stays open until `end`. */
  open(
    host: string,
    path: string,
    headers?: Record<string, string>,
  ): Promise<{ response: http.IncomingMessage; end(): void; ended: Promise<void> }>;
  /** A WebSocket whose `echo` answers what came back; it rejects when the connection is gone. */
  webSocket(host: string): Promise<{ socket: WebSocket; echo(text: string): Promise<string> }>;
  close(): Promise<void>;
}

export async function startTestEdge(changes: Partial<EdgeConfig> = {}): Promise<TestEdge> {
  const stateDir = await mkdtemp(path.join(tmpdir(), 'slipway-edge-'));
  const address = '127.0.0.20';
  const config: EdgeConfig = {
    stateDir,
    SLIPWAY_PUBLIC_URL: 'http://slipway.localhost',
    SLIPWAY_WEB_PORT: await freePort(),
    SLIPWAY_BIND: address,
    SLIPWAY_HTTP_PORT: await freePort(),
    SLIPWAY_HTTPS_PORT: await freePort(),
    times: { serverDeleteDelay: 1000 },
    ...changes,
  };
  const controller = new AbortController();
  const edge = createHaproxyEdge(config);
  await edge.ensure(controller.signal);
  const target = (host: string, at: string): http.RequestOptions => ({
    host: address,
    port: config.SLIPWAY_HTTP_PORT,
    path: at,
    headers: { Host: host },
  });
  return {
    config,
    edge,
    folder: path.join(stateDir, 'edge'),
    another: () => createHaproxyEdge(config),
    request: (host, at = '/', options = {}) =>
      new Promise((resolve, reject) => {
        const { body = '', headers, ...rest } = options;
        const request = http.request(
          { ...target(host, at), ...rest, headers: { Host: host, ...headers } },
          (response) => {
            const chunks: Buffer[] = [];
            response.on('data', (chunk: Buffer) => chunks.push(chunk));
            response.on('error', reject);
            response.on('end', () => {
              const origin = response.headers['x-origin'];
              resolve({ status: response.statusCode ?? 0, origin: typeof origin === 'string' ? origin : null, headers: response.headers, body: Buffer.concat(chunks).toString() }); // prettier-ignore
            });
          },
        );
        request.on('error', reject);
        request.end(body);
      }),
    open: (host, at, headers = {}) =>
      new Promise((resolve, reject) => {
        const request = http.request(
          { ...target(host, at), agent: false, headers: { Host: host, ...headers } },
          (response) => {
            response.resume();
            const ended = new Promise<void>((done) => void response.once('close', done).on('error', () => undefined));
            resolve({ response, end: () => void request.destroy(), ended });
          },
        );
        request.on('error', reject);
        request.end();
      }),
    async webSocket(host) {
      const socket = new WebSocket(`ws://${address}:${config.SLIPWAY_HTTP_PORT}/`, { headers: { Host: host } });
      await once(socket, 'open');
      return {
        socket,
        echo: async (text) => {
          if (socket.readyState !== WebSocket.OPEN) throw new Error('The WebSocket is closed.');
          socket.send(text);
          const [data] = (await once(socket, 'message', { signal: AbortSignal.timeout(5000) })) as [Buffer];
          return data.toString();
        },
      };
    },
    async close() {
      controller.abort();
      await edge.stop();
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}
