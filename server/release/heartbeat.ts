/**
 * Holds a lease beside the work: extends it, hears of a cancel, and says at once when it is lost. A worker that cannot
 * reach the database counts its lease as lost before it ends, so that nobody works twice at the same time.
 */
import { extendLease, type Lease } from '#server/db/system/leases.ts';
import type { ReleaseState } from '#server/domain/release-machine.ts';
import type { Engine } from '#server/release/engine.ts';

export interface Heartbeat {
  /** Fires when the lease is another's or cannot be held any longer. */
  lost: AbortSignal;
  stop(): Promise<void>;
}

/** @param onState called with the state of the release at every beat. */
export function startHeartbeat(engine: Engine, lease: Lease, onState: (state: ReleaseState) => void): Heartbeat {
  const lost = new AbortController();
  const ended = new AbortController();
  let heldSince = performance.now();
  let poke = Promise.withResolvers<void>();
  const unwatch = engine.watch(lease.orgId, lease.releaseId, () => poke.resolve());

  const beat = async (): Promise<void> => {
    try {
      const asked = performance.now();
      const state = await extendLease(engine.db, engine.now, lease, engine.times.lease);
      if (state === null) lost.abort(new Error('The lease was taken over.'));
      else {
        heldSince = asked;
        onState(state);
      }
    } catch (error) {
      engine.log.warn('heartbeat failed', { release: lease.releaseId, error });
      if (performance.now() - heldSince > engine.times.lease - engine.times.heartbeat)
        lost.abort(new Error('The lease could not be extended in time.'));
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
      await running;
    },
  };
}
