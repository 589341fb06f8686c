/** The newest build of a branch in a project: what the last release that took the branch's code brought live. */
import { and, desc, eq, ne, sql } from 'drizzle-orm';
import type { Queryable } from '#server/db/client.ts';
import { deployments } from '#server/db/schema/projects.ts';
import { releases } from '#server/db/schema/releases.ts';
import type { SnapshotSource } from '#server/domain/release.ts';

type RepositorySource = Extract<SnapshotSource, { kind: 'repository' }>;

/**
 * The code of the component in the release that went live last in any deployment but `deploymentId`, of those whose
 * component follows the branch. Null when there is none.
 */
export async function newestBuild(
  db: Queryable,
  of: { orgId: string; projectId: string; deploymentId: string; componentId: string; branch: string },
): Promise<RepositorySource | null> {
  const built = JSON.stringify([
    {
      componentId: of.componentId,
      source: { kind: 'repository', refName: of.branch },
      settings: { ref: { kind: 'branch', name: of.branch } },
    },
  ]);
  const [row] = await db
    .select({ id: releases.id, number: releases.number, deployment: deployments.slug, snapshot: releases.snapshot })
    .from(releases)
    .innerJoin(deployments, and(eq(deployments.orgId, releases.orgId), eq(deployments.id, releases.deploymentId)))
    .where(
      and(
        eq(releases.orgId, of.orgId),
        eq(releases.projectId, of.projectId),
        ne(releases.deploymentId, of.deploymentId),
        eq(releases.outcome, 'live'),
        sql`${releases.number} is not null`,
        sql`${releases.snapshot} -> 'components' @> ${built}::jsonb`,
      ),
    )
    .orderBy(desc(releases.liveAt), desc(releases.id))
    .limit(1);
  const source = row?.snapshot.components.find((one) => one.componentId === of.componentId)?.source;
  if (!row || source?.kind !== 'repository') return null;
  return { ...source, builtBy: { releaseId: row.id, deployment: row.deployment, number: row.number } };
}
