/**
 * Moves one release as far as it goes. The payload is an id; whether anything is due is decided by its lease.
 * @param onCut called when a lease could not be held: the connections of this process are not to be trusted any more.
 */
import type { Task } from 'graphile-worker';
import { jobPayloads } from '#server/jobs.ts';
import { advanceRelease } from '#server/release/advance.ts';
import type { Engine } from '#server/release/engine.ts';

export const advanceReleaseTask =
  (engine: Engine, stopping: AbortSignal, onCut: () => void): Task =>
  async (payload) => {
    const { releaseId } = jobPayloads['advance-release'].parse(payload);
    if ((await advanceRelease(engine, releaseId, stopping)) === 'cut') onCut();
  };
