/**
 * Brings what instances print into the LogStore, from their first line, for as long as they live. Followers belong to the
 * worker and not to a step: a release may be over long before its instances are. After a restart of the worker a follower
 * goes on after the last line that was kept.
 */
import type { SessionDriver } from '#server/runtime/types.ts';
import type { Clock } from '#server/clock.ts';
import { AppError, isAborted } from '#server/errors.ts';
import type { Logger } from '#server/log.ts';
import type { LogStore } from '#server/logs/types.ts';

export interface ConsoleSource {
  instanceId: string;
  orgId: string;
  deploymentId: string;
  releaseId: string;
  componentId: string;
  kind: 'console' | 'hook';
}
export interface Consoles {
  /** Starts to follow the instance; nothing happens when it is followed already. */
  follow(source: ConsoleSource): void;
  /** Resolves when everything that the ended instance printed is kept, or after `limitMs`. */
  finish(source: ConsoleSource, limitMs: number): Promise<void>;
  /** The last lines, those that are still on their way included. */
  last(source: ConsoleSource, count: number): Promise<string[]>;
  /** Ends all followers; what they read is kept. */
  stop(): Promise<void>;
}

interface Follower {
  done: Promise<void>;
  stop: AbortController;
  flush(): Promise<void>;
}
const retryAfterMs = 1000;

export function createConsoles(parts: {
  sessions: SessionDriver;
  logs: LogStore;
  clock: Clock;
  log: Logger;
}): Consoles {
  const followers = new Map<string, Follower>();

  const streamOf = (source: ConsoleSource) => ({
    orgId: source.orgId,
    deploymentId: source.deploymentId,
    releaseId: source.releaseId,
    componentId: source.componentId,
    instanceId: source.instanceId,
    kind: source.kind,
  });

  /** Reads until the instance has ended and all was read; a broken connection is tried again. */
  async function read(source: ConsoleSource, follower: Omit<Follower, 'done'>): Promise<void> {
    const writer = await parts.logs.open(streamOf(source));
    follower.flush = () => writer.flush();
    const [last] = await parts.logs.tail(source.orgId, writer.streamId, 1);
    let since = last?.at ?? null;
    try {
      for (;;) {
        try {
          for await (const line of parts.sessions.logs(
            source.instanceId,
            { since, follow: true },
            follower.stop.signal,
          )) {
            writer.write({ at: line.at, level: line.stream === 'stderr' ? 'error' : 'info', text: line.text });
            since = line.at;
          }
          return;
        } catch (error) {
          if (follower.stop.signal.aborted || isAborted(error)) return;
          if (error instanceof AppError && error.code === 'not_found') return;
          parts.log.debug('console follower goes on', { instance: source.instanceId, error });
          await parts.clock.sleep(retryAfterMs, follower.stop.signal);
        }
      }
    } catch (error) {
      if (!follower.stop.signal.aborted)
        parts.log.warn('console follower ended', { instance: source.instanceId, error });
    } finally {
      await writer.close();
    }
  }

  const follow = (source: ConsoleSource): Follower => {
    const known = followers.get(source.instanceId);
    if (known) return known;
    const follower: Omit<Follower, 'done'> & { done?: Promise<void> } = {
      stop: new AbortController(),
      flush: () => Promise.resolve(),
    };
    const done = read(source, follower)
      .catch((error: unknown) => parts.log.warn('console is not kept', { instance: source.instanceId, error }))
      .finally(() => followers.delete(source.instanceId));
    const full = Object.assign(follower, { done });
    followers.set(source.instanceId, full);
    return full;
  };

  return {
    follow: (source) => void follow(source),
    async finish(source, limitMs) {
      const follower = follow(source);
      const limit = new AbortController();
      await Promise.race([follower.done, parts.clock.sleep(limitMs, limit.signal).catch(() => undefined)]);
      limit.abort();
      follower.stop.abort();
      await follower.done;
    },
    async last(source, count) {
      await followers.get(source.instanceId)?.flush();
      const stream = await parts.logs.open(streamOf(source));
      await stream.close();
      return (await parts.logs.tail(source.orgId, stream.streamId, count)).map((line) => line.text);
    },
    async stop() {
      const all = [...followers.values()];
      for (const follower of all) follower.stop.abort();
      await Promise.all(all.map((follower) => follower.done));
    },
  };
}
