/**
 * The artifacts of a release that was live: whether it can be restored, and holding them for one that will. Org id in
 * every statement. What the engine has is looked up by the worker again and again and kept in the rows.
 */
import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Queryable, Tx } from '#server/db/client.ts';
import type { ReleaseComponentRow } from '#server/db/release-components.ts';
import { artifacts, releaseComponents, releases } from '#server/db/schema/releases.ts';
import { restorableReleases } from '#server/domain/limits.ts';

export type ArtifactPresence =
  /** Every component has its artifact, the engine has it, and it stays: the release is tagged or among the restorable ones. */
  | { kind: 'present' }
  /** `not-stored`: it never had all artifacts. `too-old`: no longer pinned. `removed`: collected. `missing`: gone from the engine. */
  | { kind: 'gone'; why: 'not-stored' | 'too-old' | 'removed' | 'missing'; componentIds: string[] };

const rank = sql<number>`(select count(*) from releases later where later.deployment_id = releases.deployment_id and later.outcome = 'live' and later.number is not null and later.live_at > releases.live_at)`;

/** For each of the organization's releases whether its artifacts are there; other ids are not in the answer. */
export async function artifactPresence(
  db: Queryable,
  orgId: string,
  releaseIds: readonly string[],
): Promise<Map<string, ArtifactPresence>> {
  if (releaseIds.length === 0) return new Map();
  const found = await db
    .select({
      id: releases.id,
      outcome: releases.outcome,
      tagId: releases.tagId,
      later: rank.mapWith(Number),
      snapshot: releases.snapshot,
    })
    .from(releases)
    .where(and(eq(releases.orgId, orgId), inArray(releases.id, [...releaseIds])));
  const held = await db
    .select({ releaseId: releaseComponents.releaseId, componentId: releaseComponents.componentId, artifactId: artifacts.id, removedAt: artifacts.removedAt, missingSince: artifacts.missingSince })
    .from(releaseComponents)
    .leftJoin(artifacts, and(eq(artifacts.id, releaseComponents.artifactId), eq(artifacts.orgId, orgId)))
    .where(and(eq(releaseComponents.orgId, orgId), inArray(releaseComponents.releaseId, [...releaseIds]))); // prettier-ignore
  return new Map(
    found.map((release): [string, ArtifactPresence] => {
      const rows = held.filter((row) => row.releaseId === release.id);
      const without = (isGone: (row: (typeof rows)[number] | undefined) => boolean): string[] =>
        release.snapshot.components
          .map((one) => one.componentId)
          .filter((id) => isGone(rows.find((row) => row.componentId === id)));
      const checks = [
        ['not-stored', without((row) => row === undefined || row.artifactId === null)],
        ['removed', without((row) => row?.removedAt != null)],
        ['missing', without((row) => row?.missingSince != null)],
      ] as const;
      const gone = checks.find(([, ids]) => ids.length > 0);
      if (gone) return [release.id, { kind: 'gone', why: gone[0], componentIds: gone[1] }];
      if (release.outcome !== 'live' || (release.tagId === null && release.later >= restorableReleases))
        return [release.id, { kind: 'gone', why: 'too-old', componentIds: [] }];
      return [release.id, { kind: 'present' }];
    }),
  );
}

/**
 * The release's components with their artifacts, held for the caller's transaction: clean-up waits, and finds them needed
 * by what the caller writes. Null when one was given up or is missing meanwhile.
 */
export async function holdReleaseArtifacts(
  tx: Tx,
  orgId: string,
  releaseId: string,
): Promise<ReleaseComponentRow[] | null> {
  const rows = await tx
    .select()
    .from(releaseComponents)
    .where(and(eq(releaseComponents.orgId, orgId), eq(releaseComponents.releaseId, releaseId)));
  const ids = rows.flatMap((row) => row.artifactId ?? []);
  if (ids.length !== rows.length) return null;
  const held = await tx
    .select({ id: artifacts.id, removedAt: artifacts.removedAt, missingSince: artifacts.missingSince })
    .from(artifacts)
    .where(and(eq(artifacts.orgId, orgId), inArray(artifacts.id, ids)))
    .orderBy(artifacts.id)
    .for('update');
  const whole = held.length === new Set(ids).size && held.every((row) => row.removedAt === null && row.missingSince === null); // prettier-ignore
  return whole ? rows : null;
}

/** Images that releases of the deployment refer to and the engine keeps. */
export async function imagesOfDeployment(
  db: Queryable,
  orgId: string,
  deploymentId: string,
): Promise<{ images: number; imageBytes: number }> {
  const [row] = await db.execute<{ images: string; bytes: string }>(sql`
    select count(*) as images, coalesce(sum(a.size_bytes), 0) as bytes from artifacts a
    where a.org_id = ${orgId} and a.removed_at is null and a.missing_since is null and exists (
      select 1 from release_components c join releases r on r.id = c.release_id
      where c.artifact_id = a.id and r.org_id = ${orgId} and r.deployment_id = ${deploymentId})`);
  return { images: Number(row?.images ?? 0), imageBytes: Number(row?.bytes ?? 0) };
}
