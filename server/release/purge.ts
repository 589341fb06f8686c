/** Deletes deployments for good: routes, network, logs, then the rows. What is cut off anywhere is done again. */
import { and, eq, sql } from 'drizzle-orm';
import { logStreams } from '#server/db/schema/instances.ts';
import { deployments } from '#server/db/schema/projects.ts';
import { deletableDeployments, expireTrash } from '#server/db/system/power.ts';
import { trashHours } from '#server/domain/limits.ts';
import type { Engine } from '#server/release/engine.ts';

/** Answers how many were deleted. @throws AppError unavailable while the machine or the edge is away */
export async function purgeDeployments(engine: Engine, signal: AbortSignal): Promise<number> {
  await expireTrash(engine.db, engine.now, trashHours);
  const due = await deletableDeployments(engine.db);
  for (const { id, orgId } of due) {
    const [row] = await engine.db.execute<{ fence: string }>(sql`select nextval('lease_fences') as fence`);
    const region = engine.region({ scope: id, number: Number(row?.fence ?? 0) });
    await region.edge.withdraw(id, signal);
    await region.instances.removeNetwork(id, signal);
    const streams = await engine.db
      .select({ id: logStreams.id })
      .from(logStreams)
      .where(and(eq(logStreams.orgId, orgId), eq(logStreams.deploymentId, id)));
    for (const stream of streams) await engine.logs.remove(orgId, stream.id);
    await engine.db.delete(deployments).where(and(eq(deployments.id, id), eq(deployments.orgId, orgId), eq(deployments.power, 'deleting'))); // prettier-ignore
    engine.log.info('deleted a deployment', { deployment: id });
  }
  return due.length;
}
