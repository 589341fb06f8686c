/** Points and markers of one deployment. */
import { and, asc, eq, gte, inArray, sql } from 'drizzle-orm';
import type { Queryable } from '#server/db/client.ts';
import { instances } from '#server/db/schema/instances.ts';
import { metricPoints } from '#server/db/schema/metrics.ts';
import { components } from '#server/db/schema/projects.ts';
import { deploymentEvents } from '#server/db/schema/releases.ts';
import type { MetricStep } from '#server/domain/metrics.ts';

interface Scope {
  orgId: string;
  deploymentId: string;
  step: MetricStep;
  from: Date;
  by: 'instance' | 'component';
}
const pointLimit = 50_000;

/** In order of time; summed over a component's instances where `by` says so, with an empty instance then. */
export function listMetricPoints(db: Queryable, { orgId, deploymentId, step, from, by }: Scope) {
  const instance = by === 'instance' ? sql<string>`${metricPoints.instanceId}` : sql<string>`''`;
  const sum = (column: Parameters<typeof sql>[1]) => sql<number>`sum(${column})::float8`;
  return db
    .select({
      componentId: metricPoints.componentId,
      instanceId: instance.as('instance'),
      at: metricPoints.at,
      cpuMillis: sum(metricPoints.cpuMillis),
      memoryBytes: sum(metricPoints.memoryBytes),
      memoryLimitBytes: sum(metricPoints.memoryLimitBytes),
      receivedBytes: sum(metricPoints.receivedBytes),
      sentBytes: sum(metricPoints.sentBytes),
      readBytes: sum(metricPoints.readBytes),
      writtenBytes: sum(metricPoints.writtenBytes),
    })
    .from(metricPoints)
    .where(
      and(
        eq(metricPoints.orgId, orgId),
        eq(metricPoints.deploymentId, deploymentId),
        eq(metricPoints.stepSeconds, step),
        gte(metricPoints.at, from),
      ),
    )
    .groupBy(metricPoints.componentId, sql`instance`, metricPoints.at)
    .orderBy(asc(metricPoints.at))
    .limit(pointLimit);
}

/** Names of what the points belong to, also of instances that are gone. */
export const listMetricNames = async (db: Queryable, orgId: string, deploymentId: string, instanceIds: string[]) => ({
  components: await db
    .selectDistinct({ id: components.id, name: components.name, position: components.position })
    .from(components)
    .innerJoin(metricPoints, eq(metricPoints.componentId, components.id))
    .where(and(eq(components.orgId, orgId), eq(metricPoints.orgId, orgId), eq(metricPoints.deploymentId, deploymentId)))
    .orderBy(asc(components.position), asc(components.name)),
  instances:
    instanceIds.length === 0
      ? []
      : await db
          .select({ id: instances.id, ordinal: instances.ordinal, state: instances.state, createdAt: instances.createdAt })
          .from(instances)
          .where(and(eq(instances.orgId, orgId), inArray(instances.id, instanceIds)))
          .orderBy(asc(instances.createdAt), asc(instances.ordinal)),
}); // prettier-ignore

/** Releases that went live, restarts and crashes since `from`. */
export const listMarkers = (db: Queryable, orgId: string, deploymentId: string, from: Date) =>
  db
    .select({ at: deploymentEvents.createdAt, kind: deploymentEvents.kind, data: deploymentEvents.data })
    .from(deploymentEvents)
    .where(
      and(
        eq(deploymentEvents.orgId, orgId),
        eq(deploymentEvents.deploymentId, deploymentId),
        gte(deploymentEvents.createdAt, from),
        inArray(deploymentEvents.kind, ['release.live', 'instance.exited', 'instance.restarted']),
      ),
    )
    .orderBy(asc(deploymentEvents.seq))
    .limit(500);
