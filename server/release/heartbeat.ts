/**
 * Holds a lease beside the work: extends it, hears of a cancel, and says at once when it is lost. A worker that cannot
 * reach the database, also one whose calls hang without an answer, counts its lease as lost before it ends, so that
 * nobody works twice at the same time. The limit goes by this process's own monotonic time: no clock can move it.
 */
import { extendLease, type Lease } from '#server/db/system/leases.ts';
import type { ReleaseState } from '#server/domain/release-machine.ts';
import type { Engine } from '#server/release/engine.ts';

/** The lease could not be held: the database did not answer in time, or this process was paused. */
export class LeaseCut extends Error {}

export interface Heartbeat {
  /** Fires when the lease is another's, or with `LeaseCut` when it cannot be held any longer. */
  lost: AbortSignal;
  /** Does not wait for a database that hangs. */
  stop(): Promise<void>;
}

/**
 * @param heldSince when the lease was asked for, as `performance.now()` counts.
 * @param onState called with the state of the release at every beat.
 */
export function startHeartbeat(
  engine: Engine,
  lease: Lease,
  heldSince: number,
  onState: (state: ReleaseState) => void,
): Heartbeat {
  const lost = new AbortController();
  const ended = new AbortController();
  const cut = (since: number): void => {
    if (since === held) lost.abort(new LeaseCut('The lease could not be extended in time.'));
  };
  const limit = (since: number): NodeJS.Timeout =>
    setTimeout(
      // An answer that came while this process was busy is read first.
      () => setImmediate(cut, since),
      Math.max(0, since + engine.times.lease - engine.times.heartbeat - performance.now()),
    );
  let held = heldSince;
  let watchdog = limit(heldSince);
  let poke = Promise.withResolvers<void>();
  const unwatch = engine.watch(lease.orgId, lease.releaseId, () => poke.resolve());

  const beat = async (): Promise<void> => {
    try {
      const asked = performance.now();
      const state = await extendLease(engine.db, engine.now, lease, engine.times.lease);
      if (state === null) lost.abort(new Error('The lease was taken over.'));
      else if (!lost.signal.aborted) {
        clearTimeout(watchdog);
        held = asked;
        watchdog = limit(asked);
        onState(state);
      }
    } catch (error) {
      engine.log.warn('heartbeat failed', { release: lease.releaseId, error });
    }
  };
  const run = async (): Promise<void> => {
    while (!ended.signal.aborted && !lost.signal.aborted) {
      const turn = new AbortController();
      await Promise.race([
        engine.background
          .sleep(engine.times.heartbeat, AbortSignal.any([ended.signal, turn.signal]))
          .catch(() => undefined),
        poke.promise,
      ]);
      turn.abort();
      poke = Promise.withResolvers<void>();
      if (!ended.signal.aborted) await beat();
    }
  };
  const running = run();
  return {
    lost: lost.signal,
    async stop() {
      ended.abort();
      unwatch();
      poke.resolve();
      await unlessFired(lost.signal, running);
      clearTimeout(watchdog);
    },
  };
}

/** Waits for the work, or until the signal fires. @throws what the work throws, or the signal's reason */
export async function orFired<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason as Error);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort);
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    work.catch(() => undefined); // left behind, it may still fail
  }
}

const unlessFired = (signal: AbortSignal, work: Promise<void>): Promise<void> =>
  orFired(signal, work).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
