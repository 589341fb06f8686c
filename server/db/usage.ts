/** Usage of an organization, added up from its intervals. Org id in every statement. */
import { and, eq, gt, isNull, lt, or, sql } from 'drizzle-orm';
import type { Queryable } from '#server/db/client.ts';
import { deployments, projects } from '#server/db/schema/projects.ts';
import { usageIntervals } from '#server/db/schema/usage.ts';
import type { UsageRow } from '#server/domain/views/usage.ts';

/** The part of each interval that lies in the period, in hours. */
const hoursIn = (from: Date, to: Date) =>
  sql`greatest(0, extract(epoch from least(coalesce(${usageIntervals.endedAt}, now()), ${to.toISOString()}::timestamptz) - greatest(${usageIntervals.startedAt}, ${from.toISOString()}::timestamptz)) / 3600)`;

/** One row per deployment that used anything between `from` and `to`, deleted ones too; at most 1,000. */
export async function usageByDeployment(
  db: Queryable,
  orgId: string,
  period: { from: Date; to: Date; deploymentId?: string | undefined },
): Promise<UsageRow[]> {
  const hours = hoursIn(period.from, period.to);
  const instance = sql`filter (where ${usageIntervals.kind} = 'instance')`;
  const rows = await db
    .select({
      deploymentId: usageIntervals.deploymentId,
      projectName: sql<string>`coalesce(max(${projects.name}), max(${usageIntervals.projectName}))`,
      deploymentName: sql<string>`coalesce(max(${deployments.name}), max(${usageIntervals.deploymentName}))`,
      projectSlug: sql<string | null>`max(${projects.slug})`,
      deploymentSlug: sql<string | null>`max(${deployments.slug})`,
      cpuHours: sql`coalesce(sum(${hours} * ${usageIntervals.cpuMillis} / 1000.0) ${instance}, 0)`.mapWith(Number),
      memoryGibHours: sql`coalesce(sum(${hours} * ${usageIntervals.memoryMib} / 1024.0) ${instance}, 0)`.mapWith(Number),
      buildMinutes: sql`coalesce(sum(${hours} * 60) filter (where ${usageIntervals.kind} = 'build'), 0)`.mapWith(Number),
      running: sql`count(*) filter (where ${usageIntervals.kind} = 'instance' and ${usageIntervals.endedAt} is null)`.mapWith(Number),
    })
    .from(usageIntervals)
    .leftJoin(deployments, and(eq(deployments.orgId, usageIntervals.orgId), eq(deployments.id, usageIntervals.deploymentId)))
    .leftJoin(projects, and(eq(projects.orgId, usageIntervals.orgId), eq(projects.id, deployments.projectId)))
    .where(
      and(
        eq(usageIntervals.orgId, orgId),
        period.deploymentId === undefined ? undefined : eq(usageIntervals.deploymentId, period.deploymentId),
        or(isNull(usageIntervals.endedAt), gt(usageIntervals.endedAt, period.from)),
        lt(usageIntervals.startedAt, period.to),
      ),
    )
    .groupBy(usageIntervals.deploymentId)
    .orderBy(sql`2`, sql`3`)
    .limit(1000); // prettier-ignore
  return rows.map(({ deploymentSlug, projectSlug, ...row }) => ({
    ...row,
    path: deploymentSlug !== null && projectSlug !== null ? { project: projectSlug, deployment: deploymentSlug } : null,
  }));
}
