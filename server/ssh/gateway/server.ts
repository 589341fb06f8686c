/** The SSH gateway: accepts connections, keeps the doorkeeper's limits, and reads again and again who may stay. */
import { createServer } from 'node:net';
import type { Server as NetServer, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import ssh2 from 'ssh2';
import { isAborted } from '#server/errors.ts';
import type { Logger } from '#server/log.ts';
import type { Desk, OpenConnection } from '#server/ssh/desk.ts';
import { type Arrival, ClientConnection, type GatewayParts } from '#server/ssh/gateway/client-connection.ts';
import { Doorkeeper } from '#server/ssh/gateway/doorkeeper.ts';
import { gatewayLimits, type GatewayLimits } from '#server/ssh/gateway/limits.ts';
import { cut } from '#server/ssh/gateway/ssh2-parts.ts';

export interface GatewayOptions {
  desk: Desk;
  agentSocket: string;
  gitSocket: string;
  hostKeys: readonly string[];
  log: Logger;
  limits?: Partial<GatewayLimits>;
}
export interface Gateway {
  /** Takes a connection that was accepted elsewhere. */
  take(socket: Socket): void;
  /** Tells everybody, then ends. */
  close(): Promise<void>;
  connections(): number;
}

/** AES-GCM first: with hardware for it, clients that follow our order are fastest. */
const algorithms = {
  kex: ['curve25519-sha256', 'curve25519-sha256@libssh.org', 'ecdh-sha2-nistp256', 'ecdh-sha2-nistp384', 'ecdh-sha2-nistp521', 'diffie-hellman-group16-sha512', 'diffie-hellman-group14-sha256'],
  cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'chacha20-poly1305@openssh.com', 'aes128-ctr', 'aes256-ctr'],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
  compress: ['none'],
} satisfies ssh2.Algorithms; // prettier-ignore

export function createGateway(options: GatewayOptions): Gateway {
  const limits = { ...gatewayLimits, ...options.limits };
  const { desk, log } = options;
  const stop = new AbortController();
  const doorkeeper = new Doorkeeper(limits);
  const clients = new Set<ClientConnection>();
  const connectionsOf = (keyId: string): number => [...clients].filter((client) => client.keyId === keyId).length;
  const parts: GatewayParts = { desk, agentSocket: options.agentSocket, gitSocket: options.gitSocket, limits, doorkeeper, log, stop: stop.signal, connectionsOf }; // prettier-ignore
  const server = new ssh2.Server(
    { hostKeys: [...options.hostKeys], algorithms, ident: 'Slipway', keepaliveInterval: 30_000, keepaliveCountMax: 4 },
    () => undefined,
  );
  server.on('error', (error: Error) => log.warn('server', { error }));
  const waiting = new WeakMap<object, Arrival>();
  server.on('connection', (connection) => {
    const socket: unknown = Reflect.get(connection, '_sock');
    const arrival = typeof socket === 'object' && socket !== null ? waiting.get(socket) : undefined;
    if (!arrival) return cut(connection);
    const client = new ClientConnection(connection, arrival, parts, () => clients.delete(client));
    clients.add(client);
  });
  const take = (socket: Socket): void => {
    socket.on('error', () => socket.destroy());
    const address = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    const isFull = clients.size >= limits.connections || stop.signal.aborted;
    const guest = isFull ? null : doorkeeper.admit(address, () => socket.destroy());
    if (!guest) return void socket.destroy();
    // From the first moment: a client that never says a word is no connection of ssh2 yet.
    const timer = setTimeout(() => socket.destroy(), limits.loginMs);
    const leave = (): void => {
      clearTimeout(timer);
      doorkeeper.leave(guest);
    };
    socket.once('close', leave);
    socket.setNoDelay(true);
    waiting.set(socket, { address, guest, signedIn: leave });
    server.injectSocket(socket);
  };
  void recheck(desk, clients, limits.recheckMs, stop.signal, log);
  return {
    take,
    connections: () => clients.size,
    close: async () => {
      stop.abort();
      for (const client of clients) client.end('The gateway restarts. Connect again in a moment.');
      for (let round = 0; round < 15 && clients.size > 0; round += 1) await delay(100);
    },
  };
}

/** Ends connections that lost their right. While the worker is away nobody's rights can change either. */
async function recheck(
  desk: Desk,
  clients: ReadonlySet<ClientConnection>,
  everyMs: number,
  signal: AbortSignal,
  log: Logger,
): Promise<void> {
  while (!signal.aborted) {
    await delay(everyMs, undefined, { signal }).catch(() => undefined);
    const open = [...clients].flatMap((client): OpenConnection[] => (client.open ? [client.open] : []));
    if (open.length === 0 || signal.aborted) continue;
    try {
      const expired = new Map((await desk.expired(open, signal)).map((one) => [one.connectionId, one.message]));
      for (const client of clients) {
        const message = expired.get(client.id);
        if (message !== undefined) client.end(message);
      }
    } catch (error) {
      if (!isAborted(error)) log.warn('rights could not be read', { error });
    }
  }
}

/** Listens and passes every connection on. */
export function listenFor(gateway: Gateway, host: string, port: number): Promise<NetServer> {
  const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 }, (socket) => gateway.take(socket)); // prettier-ignore
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => resolve(server));
  });
}
