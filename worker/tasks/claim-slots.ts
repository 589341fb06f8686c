/** Gives free slots of a region to the first in its queue. */
import type { Task } from 'graphile-worker';
import { claimSlots } from '#server/db/system/queue.ts';
import { jobPayloads } from '#server/jobs.ts';
import type { Engine } from '#server/release/engine.ts';

export const claimSlotsTask =
  (engine: Engine): Task =>
  async (payload) => {
    const { regionId } = jobPayloads['claim-slots'].parse(payload);
    await claimSlots(engine.db, engine.now, regionId, engine.times.fetchDeadline);
  };
