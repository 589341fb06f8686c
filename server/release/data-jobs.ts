/** Takes dumps and plays them back, one after the other. What is cut off is done again: both may run twice. */
import { sql } from 'drizzle-orm';
import type { Region } from '#server/agent/types.ts';
import {
  claimDataJob, dataJobsOf, type DataJobRow, dumpOf, extendDataJob, finishDataJob, forgetDataJob, requestDueDumps, servingInstance, surplusDumps,
} from '#server/db/system/data-jobs.ts'; // prettier-ignore
import { AppError, isAborted, isRetryable } from '#server/errors.ts';
import type { Engine } from '#server/release/engine.ts';

const limitMs = 3_600_000;

async function regionOf(engine: Engine): Promise<Region> {
  const [row] = await engine.db.execute<{ fence: string }>(sql`select nextval('lease_fences') as fence`);
  return engine.region({ scope: 'dumps', number: Number(row?.fence ?? 0) });
}

type Ending = Parameters<typeof finishDataJob>[3];
const failed = (failure: string): Ending => ({ state: 'failed', failure });

async function work(engine: Engine, region: Region, job: DataJobRow, signal: AbortSignal): Promise<Ending> {
  const instance = await servingInstance(engine.db, job);
  if (instance === null) return failed('The database does not run.');
  if (job.kind === 'dump') {
    const taken = await region.dumps.take(job.id, instance, signal);
    if (taken.kind === 'refused') return failed(taken.message);
    return { state: 'done', sizeBytes: taken.sizeBytes, checksum: taken.checksum };
  }
  const dump = await dumpOf(engine.db, job);
  if (!dump?.checksum) return failed('The dump is not there any more.');
  const played = await region.dumps.play({ id: dump.id, checksum: dump.checksum }, instance, signal);
  return played.kind === 'refused' ? failed(played.message) : { state: 'done' };
}

/** An exception as the end of a job; thrown on when trying again helps. */
function endingOf(error: unknown, signal: AbortSignal, isLate: boolean): Ending {
  if (isLate) return failed('It took longer than an hour.');
  if (signal.aborted || isRetryable(error) || isAborted(error)) throw error;
  if (error instanceof AppError && error.code === 'conflict') return failed('The database does not run.');
  if (error instanceof AppError && error.code === 'not_found') return failed('The dump is damaged or gone, and was not used.'); // prettier-ignore
  throw error;
}

/** One round; answers how many jobs it ended. */
export async function runDataJobs(engine: Engine, signal: AbortSignal): Promise<number> {
  await requestDueDumps(engine.db, engine.now);
  const lease = engine.times.lease;
  let ended = 0;
  for (let job = await claimDataJob(engine.db, engine.now, lease); job;) {
    const current = job;
    const late = AbortSignal.timeout(limitMs);
    const beat = setInterval(() => void extendDataJob(engine.db, engine.now, current, lease).catch(() => undefined), engine.times.heartbeat); // prettier-ignore
    try {
      const region = await regionOf(engine);
      const ending = await work(engine, region, current, AbortSignal.any([signal, late])).catch((error: unknown) => endingOf(error, signal, late.aborted)); // prettier-ignore
      await finishDataJob(engine.db, engine.now, current, ending);
      ended += 1;
    } finally {
      clearInterval(beat);
    }
    job = await claimDataJob(engine.db, engine.now, lease);
  }
  await dropSurplus(engine, signal);
  return ended;
}

/** Older scheduled dumps than their schedule keeps. */
async function dropSurplus(engine: Engine, signal: AbortSignal): Promise<void> {
  const rows = await surplusDumps(engine.db);
  if (rows.length === 0) return;
  await forgetAll(engine, rows, signal);
}

async function forgetAll(engine: Engine, rows: readonly DataJobRow[], signal: AbortSignal): Promise<void> {
  const region = await regionOf(engine);
  for (const row of rows) {
    if (row.kind === 'dump') await region.dumps.remove(row.id, signal);
    await forgetDataJob(engine.db, row);
  }
}

/** Before the rows of a deployment go: its dumps. */
export async function purgeDataJobs(
  engine: Engine,
  deployment: { id: string; orgId: string },
  signal: AbortSignal,
): Promise<void> {
  const rows = await dataJobsOf(engine.db, deployment.orgId, deployment.id);
  if (rows.length > 0) await forgetAll(engine, rows, signal);
}
