/** The desk as the gateway sees it. */
import { createTRPCClient } from '@trpc/client';
import { fromWire } from '#server/agent/rpc.ts';
import { socketLink } from '#server/agent/socket-link.ts';
import type { Desk } from '#server/ssh/desk.ts';
import type { DeskRouter } from '#server/ssh/desk-router.ts';

/** Opens nothing before the first call. Every call throws AppError `unavailable` while the worker is away. */
export function connectDesk(socketPath: string): Desk {
  const client = createTRPCClient<DeskRouter>({ links: [socketLink(socketPath)] });
  const call = async <T>(signal: AbortSignal, run: (options: { signal: AbortSignal }) => Promise<T>): Promise<T> => {
    try {
      return await run({ signal });
    } catch (error) {
      throw fromWire(error, signal);
    }
  };
  return {
    hostKeys: (signal) => call(signal, (options) => client.hostKeys.query(undefined, options)),
    findKey: (query, signal) => call(signal, (options) => client.findKey.query(query, options)),
    open: (query, signal) => call(signal, (options) => client.open.mutate(query, options)),
    expired: (connections, signal) => call(signal, (options) => client.expired.query([...connections], options)),
    closed: (connectionId, signal) => call(signal, (options) => client.closed.mutate(connectionId, options)),
  };
}
