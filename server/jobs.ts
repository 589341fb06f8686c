/**
 * Job names and payloads. A job is only a wake-up: its payload is an id, its state lives in our own rows, it runs at most
 * once (`max_attempts` 1), and the sweep adds a new one for whatever is due. Jobs are added inside the transaction that
 * makes them necessary.
 */
import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Tx } from '#server/db/client.ts';

export const jobPayloads = {
  /** Moves one release as far as it goes. */
  'advance-release': z.object({ releaseId: z.string() }),
  /** The same for one that builds: its own runner, so that a rollout never waits behind a build. */
  'advance-build': z.object({ releaseId: z.string() }),
  /** Gives free slots of a region to the first in its queue. */
  'claim-slots': z.object({ regionId: z.string() }),
  /** Looks at the branches of a repository that was pushed to; without it the next look is within a minute. */
  'look-at-repository': z.object({ repositoryId: z.string() }),
} as const;
export type JobName = keyof typeof jobPayloads;

/** Adds the job in the caller's transaction; jobs with the same key merge while they wait. */
export async function addJob<N extends JobName>(
  tx: Tx,
  name: N,
  payload: z.input<(typeof jobPayloads)[N]>,
  options: { key?: string; runAt?: Date } = {},
): Promise<void> {
  const body = JSON.stringify(jobPayloads[name].parse(payload));
  await tx.execute(
    sql`select slipway_add_job(${name}, ${body}::json, ${options.key ?? null}::text, ${options.runAt?.toISOString() ?? null}::timestamptz)`,
  );
}
