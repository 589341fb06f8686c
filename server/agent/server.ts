/** Serves a region on a unix socket that only this user can open. */
import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import path from 'node:path';
import type { AnyRouter, inferRouterContext } from '@trpc/server';
import { nodeHTTPRequestHandler } from '@trpc/server/adapters/node-http';
import type { Fences } from '#server/agent/fences.ts';
import { agentRouter } from '#server/agent/router.ts';
import type { Region } from '#server/agent/types.ts';
import { AppError } from '#server/errors.ts';
import type { Logger } from '#server/log.ts';

export interface AgentServer {
  /** Takes no more calls, aborts what runs, resolves when nothing is left. */
  close(): Promise<void>;
}

/** How long calls have to notice that the agent stops. */
const patienceMs = 5000;
const bodyLimit = 16 * 1024 * 1024;

/**
 * @param socketPath a socket file that nobody answers at is replaced.
 * @throws AppError conflict when another agent answers there.
 */
export async function serveAgent(
  options: { region: Region; fences: Fences; log: Logger },
  socketPath: string,
): Promise<AgentServer> {
  const { log, ...parts } = options;
  const { server, close } = createSocketServer(agentRouter, log, (shutdown) => ({ ...parts, shutdown }));
  await mkdir(path.dirname(socketPath), { recursive: true, mode: 0o700 });
  if (await answers(socketPath)) throw new AppError('conflict', 'Another agent runs for this state folder.');
  await listen(server, socketPath);
  return {
    async close() {
      await rm(socketPath, { force: true });
      await close();
    },
  };
}

/** A router over HTTP on a socket that the caller listens at. `close` takes no more calls and aborts what runs. */
export function createSocketServer<Router extends AnyRouter>(
  router: Router,
  log: Logger,
  contextOf: (shutdown: AbortSignal) => inferRouterContext<Router>,
): { server: Server; close: () => Promise<void> } {
  const stop = new AbortController();
  const context = contextOf(stop.signal);
  const server = createServer((req, res) => {
    // While stopping, a connection must not be kept once its call is over.
    res.once('close', () => setImmediate(() => stop.signal.aborted && server.closeIdleConnections()));
    void nodeHTTPRequestHandler({
      router,
      createContext: () => Promise.resolve(context),
      req,
      res,
      path: new URL(req.url ?? '/', 'http://agent').pathname.slice(1),
      allowMethodOverride: true,
      maxBodySize: bodyLimit,
      onError: ({ error, path: call }) => {
        if (!(error.cause instanceof AppError) || error.cause.code === 'internal')
          log.error('call failed', { call, error });
      },
    });
  });
  // A build or a followed log lasts longer than any limit on a request.
  server.requestTimeout = 0;
  return {
    server,
    async close() {
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      stop.abort(new AppError('unavailable', 'The agent stops.'));
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), patienceMs);
      await promise;
      clearTimeout(timer);
    },
  };
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** The socket gets its place with its mode already set, and replaces a stale one without a moment of absence. */
async function listen(server: Server, socketPath: string): Promise<void> {
  const fresh = `${socketPath}.new`;
  await rm(fresh, { force: true });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(fresh, () => resolve());
  await promise;
  await chmod(fresh, 0o600);
  await rename(fresh, socketPath);
}
