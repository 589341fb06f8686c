/**
 * Live instances that the engine does not know any more: removed by hand, or lost with the engine's data. Their deployment
 * gets a `reschedule`, which starts fresh ones in their place. Queries across organizations.
 */
import { and, eq, sql } from 'drizzle-orm';
import type { Db } from '#server/db/client.ts';
import { instances } from '#server/db/schema/instances.ts';
import { deployments } from '#server/db/schema/projects.ts';
import { pendingOf, queueOperation } from '#server/db/system/power.ts';

const lost = and(
  eq(instances.state, 'live'),
  eq(instances.role, 'serving'),
  sql`${instances.observed} ->> 'phase' = 'missing'`,
);

/** Answers how many deployments get a replacement. One that something works on already waits for the next round. */
export async function replaceLostInstances(db: Db): Promise<number> {
  const found = await db
    .selectDistinct({ deployment: deployments })
    .from(instances)
    .innerJoin(deployments, eq(deployments.id, instances.deploymentId))
    .where(and(lost, eq(deployments.power, 'running')))
    .limit(100);
  let queued = 0;
  for (const { deployment } of found) {
    queued += await db.transaction(async (tx) => {
      if ((await pendingOf(tx, deployment)).length > 0) return 0;
      const gone = await tx
        .selectDistinct({ componentId: instances.componentId })
        .from(instances)
        .where(and(lost, eq(instances.orgId, deployment.orgId), eq(instances.deploymentId, deployment.id)));
      if (gone.length === 0) return 0;
      const affects = gone.map((row) => row.componentId);
      await queueOperation(tx, deployment, 'reschedule', 'An instance was lost by the engine.', affects);
      return 1;
    });
  }
  return queued;
}
