/** A Git server over http for tests: `git http-backend` behind a token, with the bad habits that real servers have. */
import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';

export interface GitHttpServer {
  /** `http://127.0.0.1:<port>` */
  url: string;
  host: string;
  /** The path and authorization of every request, in order. */
  requests: { path: string; authorization: string | undefined }[];
  /** Requests whose path begins with this are handled here instead of by git. */
  handle(prefix: string, handler: (request: IncomingMessage, response: ServerResponse) => void): void;
  close(): Promise<void>;
}

function runBackend(root: string, request: IncomingMessage, response: ServerResponse): void {
  const [pathInfo = '/', query = ''] = (request.url ?? '/').split('?');
  const backend = spawn('git', ['http-backend'], {
    env: {
      NODE_ENV: 'test',
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_COUNT: '2',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: '*',
      GIT_CONFIG_KEY_1: 'uploadpack.allowFilter',
      GIT_CONFIG_VALUE_1: 'true',
      REQUEST_METHOD: request.method ?? 'GET',
      PATH_INFO: pathInfo,
      QUERY_STRING: query,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      REMOTE_ADDR: '127.0.0.1',
    },
  });
  request.pipe(backend.stdin).on('error', () => undefined);
  response.once('close', () => backend.kill());
  let head = Buffer.alloc(0);
  const onHead = (chunk: Buffer): void => {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    backend.stdout.off('data', onHead);
    for (const line of head.subarray(0, end).toString().split('\r\n')) {
      const [name = '', value = ''] = line.split(/: (.*)/);
      if (name === 'Status') response.statusCode = Number(value.slice(0, 3));
      else response.setHeader(name, value);
    }
    response.write(head.subarray(end + 4));
    backend.stdout.pipe(response);
  };
  backend.stdout.on('data', onHead);
}

export interface GitHttpOptions {
  /** When set, requests need it as their password. */
  token?: string;
  /** The only user whose token counts; any user when unset. */
  user?: string;
  /** Any free port when unset. */
  port?: number;
}

function mayRead({ token, user }: GitHttpOptions, authorization: string | undefined): boolean {
  if (token === undefined) return true;
  const [name, password] = Buffer.from(authorization?.replace(/^Basic /, '') ?? '', 'base64')
    .toString()
    .split(':');
  return password === token && (user === undefined || name === user);
}

/** @param root folder of bare repositories, each at `/<name>.git`. */
export async function startGitHttpServer(root: string, options: GitHttpOptions = {}): Promise<GitHttpServer> {
  const requests: GitHttpServer['requests'] = [];
  const handlers = new Map<string, (request: IncomingMessage, response: ServerResponse) => void>();
  const server = createServer((request, response) => {
    const { authorization } = request.headers;
    const path = request.url ?? '/';
    requests.push({ path, authorization });
    const handler = [...handlers].find(([prefix]) => path.startsWith(prefix))?.[1];
    if (handler) {
      handler(request, response);
      return;
    }
    if (mayRead(options, authorization)) runBackend(root, request, response);
    else response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="git"' }).end();
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  // A server that listens on a port has an address object, never a pipe's name.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    requests,
    handle: (prefix, handler) => handlers.set(prefix, handler),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
