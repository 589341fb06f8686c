/**
 * Instances that crashed and were started again by the engine, which keeps what the crashed process wrote inside. Once one
 * is steady again its component gets a `reschedule`, which puts a fresh instance in its place. The engine's restart comes
 * first because it works with every process of ours down. One that crashes again and again is left to it: its count
 * belongs to the auto-revert, and a fresh one would only crash as well. Queries across organizations.
 */
import { and, eq, gt, sql } from 'drizzle-orm';
import type { Db } from '#server/db/client.ts';
import type { DatabaseNow } from '#server/db/now.ts';
import { pendingOf, queueOperation } from '#server/db/system/power.ts';
import { instances } from '#server/db/schema/instances.ts';
import { deployments } from '#server/db/schema/projects.ts';
import { releases } from '#server/db/schema/releases.ts';
import { replacementDue } from '#server/domain/crashes.ts';
import { watchMinutes } from '#server/domain/auto-revert.ts';

/** An instance counts as steady after this, whatever the scale of other times: its crashes are of its own time. */
const steadySeconds = 10;
export const crashNote = 'An instance had crashed: a fresh one takes its place.';

const steadyAgain = (now: DatabaseNow) =>
  and(
    eq(instances.state, 'live'),
    eq(instances.role, 'serving'),
    gt(instances.restarts, 0),
    sql`${instances.observed} ->> 'phase' = 'running'`,
    sql`(${instances.observed} ->> 'startedAt')::timestamptz < ${now()} - ${steadySeconds} * interval '1 second'`,
  );

/** Answers how many deployments get fresh instances. One that something works on, or that auto-revert watches, waits. */
export async function replaceCrashedInstances(db: Db, now: DatabaseNow): Promise<number> {
  const found = await db
    .selectDistinct({ deployment: deployments })
    .from(instances)
    .innerJoin(deployments, eq(deployments.id, instances.deploymentId))
    .leftJoin(releases, eq(releases.id, deployments.liveReleaseId))
    .where(
      and(
        steadyAgain(now),
        eq(deployments.power, 'running'),
        sql`not (${deployments.autoRevert} and ${releases.liveAt} > ${now()} - ${watchMinutes} * interval '1 minute')`,
      ),
    )
    .limit(100);
  let queued = 0;
  for (const { deployment } of found) {
    queued += await db.transaction(async (tx) => {
      if ((await pendingOf(tx, deployment)).length > 0) return 0;
      const mine = and(eq(instances.orgId, deployment.orgId), eq(instances.deploymentId, deployment.id));
      const crashed = await tx
        .selectDistinct({ componentId: instances.componentId })
        .from(instances)
        .where(and(steadyAgain(now), mine));
      const [before] = await tx
        .select({
          count: sql<number>`count(*)`.mapWith(Number),
          sinceMs: sql<number | null>`extract(epoch from ${now()} - max(${releases.createdAt})) * 1000`,
        })
        .from(releases)
        .where(
          and(
            eq(releases.orgId, deployment.orgId),
            eq(releases.deploymentId, deployment.id),
            eq(releases.kind, 'reschedule'),
            sql`${releases.trigger} ->> 'note' = ${crashNote}`,
            sql`${releases.createdAt} > ${now()} - interval '1 hour'`,
          ),
        );
      if (crashed.length === 0 || !before || !replacementDue(before.count, Number(before.sinceMs ?? Infinity)))
        return 0;
      await queueOperation(tx, deployment, 'reschedule', crashNote, crashed.map((row) => row.componentId)); // prettier-ignore
      return 1;
    });
  }
  return queued;
}
