/** Deletes deployments for good: routes, network, volumes, logs, then the rows. What is cut off anywhere is done again. */
import { and, asc, eq, gt, sql } from 'drizzle-orm';
import { logStreams } from '#server/db/schema/instances.ts';
import { deployments } from '#server/db/schema/projects.ts';
import { deletableDeployments, expireTrash } from '#server/db/system/power.ts';
import { trashHours } from '#server/domain/limits.ts';
import { purgeDataJobs } from '#server/release/data-jobs.ts';
import type { Engine } from '#server/release/engine.ts';
import { purgeVolumes } from '#server/release/storage.ts';

const streamsAtOnce = 200;

/** A deployment that lived for years has tens of thousands of streams: page by page, in the order of their ids. */
async function removeLogs(
  engine: Engine,
  { id, orgId }: { id: string; orgId: string },
  signal: AbortSignal,
): Promise<void> {
  for (let last = ''; ;) {
    signal.throwIfAborted();
    const streams = await engine.db
      .select({ id: logStreams.id })
      .from(logStreams)
      .where(and(eq(logStreams.orgId, orgId), eq(logStreams.deploymentId, id), gt(logStreams.id, last)))
      .orderBy(asc(logStreams.id))
      .limit(streamsAtOnce);
    for (const stream of streams) await engine.logs.remove(orgId, stream.id);
    last = streams.at(-1)?.id ?? '';
    if (streams.length < streamsAtOnce) return;
  }
}

async function purge(engine: Engine, { id, orgId }: { id: string; orgId: string }, signal: AbortSignal): Promise<void> {
  const [row] = await engine.db.execute<{ fence: string }>(sql`select nextval('lease_fences') as fence`);
  const region = engine.region({ scope: id, number: Number(row?.fence ?? 0) });
  await region.edge.withdraw(id, signal);
  await region.instances.removeNetwork(id, signal);
  await purgeVolumes(engine, { id, orgId }, signal);
  await purgeDataJobs(engine, { id, orgId }, signal);
  await removeLogs(engine, { id, orgId }, signal);
  await engine.db.delete(deployments).where(and(eq(deployments.id, id), eq(deployments.orgId, orgId), eq(deployments.power, 'deleting'))); // prettier-ignore
  engine.log.info('deleted a deployment', { deployment: id });
}

/** Answers how many were deleted. One that cannot be does not hold up the others; it is tried again at the next turn. */
export async function purgeDeployments(engine: Engine, signal: AbortSignal): Promise<number> {
  await expireTrash(engine.db, engine.now, trashHours);
  const due = await deletableDeployments(engine.db);
  let deleted = 0;
  for (const deployment of due) {
    try {
      await purge(engine, deployment, signal);
      deleted += 1;
    } catch (error) {
      if (signal.aborted) throw error;
      engine.log.warn('a deployment could not be deleted, trying again', { deployment: deployment.id, error });
    }
  }
  return deleted;
}
