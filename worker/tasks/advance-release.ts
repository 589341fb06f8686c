/** Moves one release as far as it goes. The payload is an id; whether anything is due is decided by its lease. */
import type { Task } from 'graphile-worker';
import { jobPayloads } from '#server/jobs.ts';
import { advanceRelease } from '#server/release/advance.ts';
import type { Engine } from '#server/release/engine.ts';

export const advanceReleaseTask =
  (engine: Engine, stopping: AbortSignal): Task =>
  async (payload) => {
    const { releaseId } = jobPayloads['advance-release'].parse(payload);
    await advanceRelease(engine, releaseId, stopping);
  };
