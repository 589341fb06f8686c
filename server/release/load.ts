/** Reads what a step works on: the release, its deployment and its region, with the database's time beside it. */
import { and, eq, sql } from 'drizzle-orm';
import { type ReleaseRow } from '#server/db/releases.ts';
import { regions } from '#server/db/schema/platform.ts';
import { deployments } from '#server/db/schema/projects.ts';
import { releases } from '#server/db/schema/releases.ts';
import type { Lease } from '#server/db/system/leases.ts';
import { AppError } from '#server/errors.ts';
import type { Engine } from '#server/release/engine.ts';

export interface LoadedRelease {
  release: ReleaseRow;
  deployment: typeof deployments.$inferSelect;
  place: typeof regions.$inferSelect;
  /** Since the state was entered, in ms. */
  elapsedMs: number;
  /** Until the limit of the state; null when it has none. */
  remainingMs: number | null;
}

/** @throws AppError fenced when the lease is another's, not_found when the release is gone. */
export async function loadRelease(engine: Engine, lease: Lease): Promise<LoadedRelease> {
  const now = engine.now();
  const [row] = await engine.db
    .select({
      release: releases,
      deployment: deployments,
      place: regions,
      elapsedMs: sql<number>`extract(epoch from ${now} - ${releases.stateSince}) * 1000`.mapWith(Number),
      remainingMs: sql<number | null>`extract(epoch from ${releases.deadlineAt} - ${now}) * 1000`,
    })
    .from(releases)
    .innerJoin(deployments, eq(deployments.id, releases.deploymentId))
    .innerJoin(regions, eq(regions.id, releases.regionId))
    .where(and(eq(releases.id, lease.releaseId), eq(releases.orgId, lease.orgId)));
  if (!row) throw new AppError('not_found', 'The release is gone.');
  if (row.release.fence !== lease.fence) throw new AppError('fenced', 'Another worker has taken this release over.');
  return { ...row, remainingMs: row.remainingMs === null ? null : Number(row.remainingMs) };
}
