/** Generations of routes: the number under which a release publishes, decided once and before the edge is asked. */
import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Queryable, Tx } from '#server/db/client.ts';
import { deployments } from '#server/db/schema/projects.ts';
import { releases } from '#server/db/schema/releases.ts';
import { AppError } from '#server/errors.ts';
import type { ReleaseRow } from '#server/db/releases.ts';

/** The next generation of the deployment, in the caller's transaction. */
export async function nextGeneration(tx: Tx, orgId: string, deploymentId: string): Promise<number> {
  const [row] = await tx
    .update(deployments)
    .set({ routeGeneration: sql`${deployments.routeGeneration} + 1` })
    .where(and(eq(deployments.id, deploymentId), eq(deployments.orgId, orgId)))
    .returning({ generation: deployments.routeGeneration });
  if (!row) throw new AppError('not_found', 'The deployment is gone.');
  return row.generation;
}

/** Gives the release its generation, once. From here on it cannot be aborted. */
export async function takeGeneration(
  tx: Tx,
  release: ReleaseRow,
  base: ReleaseRow['reportBase'],
): Promise<{ generation: number; base: ReleaseRow['reportBase'] }> {
  const [known] = await tx
    .select({ generation: releases.routeGeneration, base: releases.reportBase })
    .from(releases)
    .where(and(eq(releases.id, release.id), eq(releases.orgId, release.orgId)));
  if (known && known.generation !== null) return { generation: known.generation, base: known.base };
  const generation = await nextGeneration(tx, release.orgId, release.deploymentId);
  const kept = known?.base ?? base;
  await tx
    .update(releases)
    .set({ routeGeneration: generation, reportBase: kept })
    .where(and(eq(releases.id, release.id), eq(releases.orgId, release.orgId), isNull(releases.routeGeneration)));
  return { generation, base: kept };
}

export async function releaseById(db: Queryable, orgId: string, id: string): Promise<ReleaseRow | null> {
  const [row] = await db
    .select()
    .from(releases)
    .where(and(eq(releases.id, id), eq(releases.orgId, orgId)));
  return row ?? null;
}
