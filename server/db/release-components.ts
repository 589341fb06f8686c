/** What the steps of a release found and made per component, and the artifacts that they share. Org id in every statement. */
import { and, eq, isNull } from 'drizzle-orm';
import type { Queryable, Tx } from '#server/db/client.ts';
import { artifacts, releaseComponents } from '#server/db/schema/releases.ts';

export type ReleaseComponentRow = typeof releaseComponents.$inferSelect;
export type ArtifactRow = typeof artifacts.$inferSelect;

export async function releaseComponentRows(
  db: Queryable,
  orgId: string,
  releaseId: string,
): Promise<Map<string, ReleaseComponentRow>> {
  const rows = await db
    .select()
    .from(releaseComponents)
    .where(and(eq(releaseComponents.orgId, orgId), eq(releaseComponents.releaseId, releaseId)));
  return new Map(rows.map((row) => [row.componentId, row]));
}

/** Makes the row or changes the named columns of it. */
export async function setReleaseComponent(
  tx: Tx,
  key: { orgId: string; releaseId: string; componentId: string },
  values: Partial<Omit<typeof releaseComponents.$inferInsert, 'orgId' | 'releaseId' | 'componentId'>>,
): Promise<void> {
  const insert = tx.insert(releaseComponents).values({ ...key, ...values });
  if (Object.keys(values).length === 0) await insert.onConflictDoNothing();
  else
    await insert.onConflictDoUpdate({
      target: [releaseComponents.releaseId, releaseComponents.componentId],
      set: values,
      setWhere: eq(releaseComponents.orgId, key.orgId),
    });
}

/** The artifact of a build key that was not collected, or null. */
export async function artifactByKey(db: Queryable, orgId: string, buildKey: string): Promise<ArtifactRow | null> {
  const [row] = await db
    .select()
    .from(artifacts)
    .where(and(eq(artifacts.orgId, orgId), eq(artifacts.buildKey, buildKey), isNull(artifacts.removedAt)));
  return row ?? null;
}

export async function artifactById(db: Queryable, orgId: string, id: string): Promise<ArtifactRow | null> {
  const [row] = await db
    .select()
    .from(artifacts)
    .where(and(eq(artifacts.orgId, orgId), eq(artifacts.id, id)));
  return row ?? null;
}

/** Adds the artifact, or answers the one that another release made of the same key meanwhile. */
export async function addArtifact(tx: Tx, artifact: typeof artifacts.$inferInsert): Promise<ArtifactRow> {
  const [added] = await tx.insert(artifacts).values(artifact).onConflictDoNothing().returning();
  const row = added ?? (await artifactByKey(tx, artifact.orgId, artifact.buildKey));
  if (!row) throw new Error('The artifact of this key vanished while it was added.');
  return row;
}

/** The image is gone from the engine: the key is free for a new build, the row stays as history. */
export async function markArtifactRemoved(tx: Tx, orgId: string, id: string): Promise<void> {
  await tx
    .update(artifacts)
    .set({ removedAt: new Date() })
    .where(and(eq(artifacts.orgId, orgId), eq(artifacts.id, id)));
}
