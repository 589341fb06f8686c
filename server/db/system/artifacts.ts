/**
 * Which artifacts nobody needs any more: neither a release that works or waits, nor what is live, nor a tag, nor the last
 * releases of a deployment that were live, which stay restorable. An artifact is given up in its row first and removed from the
 * engine after, until the engine confirms: what is cut off in between is one image too many, never one missing. Queries
 * across organizations.
 */
import { and, asc, eq, gt, inArray, isNull, sql } from 'drizzle-orm';
import type { Db, Tx } from '#server/db/client.ts';
import type { DatabaseNow } from '#server/db/now.ts';
import { artifacts, releaseComponents, releases } from '#server/db/schema/releases.ts';
import { restorableReleases } from '#server/domain/limits.ts';
import { activeStates, waitingStates } from '#server/domain/release-machine.ts';

const needing = sql.join(
  [...waitingStates, ...activeStates, 'live', 'retiring'].map((state) => sql`${state}`),
  sql`, `,
);
const needed = sql`exists (
  select 1 from release_components c join releases r on r.id = c.release_id
  where c.artifact_id = ${artifacts.id} and (
    r.state in (${needing})
    or (r.outcome = 'live' and r.tag_id is not null)
    or (r.outcome = 'live' and r.tag_id is not null)
    or (r.outcome = 'live' and (
      select count(*) from releases later where later.deployment_id = r.deployment_id and later.outcome = 'live' and later.number is not null and later.live_at > r.live_at
    ) < ${restorableReleases})
    or exists (select 1 from instances i where i.started_by = r.id and i.state <> 'removed')))`;
const built = sql`${artifacts.reference} like 'slipway/%'`;

/** Gives up to 20 artifacts up that nothing needs and answers how many. Images given by digest are not ours to remove. */
export const collectArtifacts = (db: Db, now: DatabaseNow): Promise<number> =>
  db.transaction(async (tx) => {
    const found = await tx
      .select({ id: artifacts.id })
      .from(artifacts)
      .where(
        and(
          isNull(artifacts.removedAt),
          built,
          sql`${artifacts.createdAt} < ${now()} - interval '1 hour'`,
          sql`not ${needed}`,
        ),
      ) // prettier-ignore
      .limit(20)
      .for('update', { skipLocked: true });
    let removed = 0;
    for (const { id } of found) {
      // Asked again under the lock: a release may have taken it while we looked.
      const rows = await tx
        .update(artifacts)
        .set({ removedAt: sql`${now()}` })
        .where(and(eq(artifacts.id, id), sql`not ${needed}`))
        .returning({ id: artifacts.id });
      removed += rows.length;
    }
    return removed;
  });

/** Artifacts that were given up and whose image the engine may still have; oldest first, at most 50. */
export const artifactsToRemove = (db: Db): Promise<{ id: string; reference: string }[]> =>
  db
    .select({ id: artifacts.id, reference: artifacts.reference })
    .from(artifacts)
    .where(and(sql`${artifacts.removedAt} is not null and ${artifacts.imageGoneAt} is null`, built))
    .orderBy(asc(artifacts.removedAt))
    .limit(50);

/** The engine confirmed that the image is gone. */
export async function noteImageGone(db: Db, now: DatabaseNow, id: string): Promise<void> {
  await db
    .update(artifacts)
    .set({ imageGoneAt: sql`${now()}` })
    .where(eq(artifacts.id, id));
}

/** Artifacts in use, in the order of their ids; at most 500 after `last`. */
export const artifactsInUse = (db: Db, last: string) =>
  db
    .select({ id: artifacts.id, reference: artifacts.reference, isMissing: sql<boolean>`${artifacts.missingSince} is not null` })
    .from(artifacts)
    .where(and(isNull(artifacts.removedAt), gt(artifacts.id, last)))
    .orderBy(asc(artifacts.id))
    .limit(500); // prettier-ignore

/** Writes what a look into the engine found. */
export async function notePresence(db: Db, now: DatabaseNow, ids: readonly string[], there: boolean): Promise<void> {
  if (ids.length === 0) return;
  await db
    .update(artifacts)
    .set({ missingSince: there ? null : sql`${now()}` })
    .where(and(inArray(artifacts.id, [...ids]), isNull(artifacts.removedAt)));
}

/** Those of the names that an artifact has, or that a build which is not over will give to one. */
export async function knownReferences(db: Db, references: readonly string[]): Promise<Set<string>> {
  if (references.length === 0) return new Set();
  const named = await db
    .select({ reference: artifacts.reference })
    .from(artifacts)
    .where(and(inArray(artifacts.reference, [...references]), isNull(artifacts.imageGoneAt)));
  const coming = await db
    .select({ reference: sql<string>`${releaseComponents.built} ->> 'reference'` })
    .from(releaseComponents)
    .innerJoin(releases, eq(releases.id, releaseComponents.releaseId))
    .where(and(inArray(releases.state, [...activeStates]), sql`${releaseComponents.built} is not null`));
  return new Set([...named, ...coming].map((row) => row.reference));
}

/** Holds the artifact for the caller's transaction; false when it was given up meanwhile. */
export async function holdArtifact(tx: Tx, orgId: string, id: string): Promise<boolean> {
  const [row] = await tx
    .select({ id: artifacts.id })
    .from(artifacts)
    .where(and(eq(artifacts.id, id), eq(artifacts.orgId, orgId), isNull(artifacts.removedAt)))
    .for('update');
  return row !== undefined;
}
