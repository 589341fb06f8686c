/** Rows of volumes. Org id in every statement. */
import { and, asc, eq, inArray } from 'drizzle-orm';
import type { Queryable, Tx } from '#server/db/client.ts';
import { volumes } from '#server/db/schema/volumes.ts';
import { gib, type VolumeDeclaration } from '#server/domain/volumes.ts';
import { newId } from '#server/ids.ts';

export type VolumeRow = typeof volumes.$inferSelect;
export interface VolumeOwner {
  orgId: string;
  projectId: string;
  deploymentId: string;
  regionId: string;
  componentId: string;
}

/** The volumes that a component of a deployment declares, in their order; those that are new get a row. A size only grows, a path follows. */
export async function ensureVolumes(
  tx: Tx,
  owner: VolumeOwner,
  declared: readonly VolumeDeclaration[],
): Promise<VolumeRow[]> {
  if (declared.length === 0) return [];
  const { orgId, projectId, deploymentId, regionId, componentId } = owner;
  await tx
    .insert(volumes)
    .values(
      declared.map(({ name, path, sizeGib }) => ({
        id: newId('volume'), orgId, projectId, deploymentId, regionId, componentId, name, path, sizeBytes: sizeGib * gib,
      })),
    )
    .onConflictDoNothing(); // prettier-ignore
  const rows = await tx
    .select()
    .from(volumes)
    .where(
      and(
        eq(volumes.orgId, orgId),
        eq(volumes.deploymentId, deploymentId),
        eq(volumes.componentId, componentId),
        eq(volumes.state, 'active'),
      ),
    );
  const mine: VolumeRow[] = [];
  for (const { name, path, sizeGib } of declared) {
    const row = rows.find((one) => one.name === name);
    if (!row) continue;
    const sizeBytes = Math.max(row.sizeBytes, sizeGib * gib);
    if (row.path !== path || row.sizeBytes !== sizeBytes) await setVolume(tx, orgId, row.id, { path, sizeBytes });
    mine.push({ ...row, path, sizeBytes });
  }
  return mine;
}

export async function setVolume(
  tx: Queryable,
  orgId: string,
  id: string,
  values: Partial<Pick<VolumeRow, 'path' | 'sizeBytes' | 'place' | 'state' | 'trashedAt' | 'growsAtStart'>>,
): Promise<void> {
  await tx
    .update(volumes)
    .set(values)
    .where(and(eq(volumes.orgId, orgId), eq(volumes.id, id)));
}

export async function findVolume(db: Queryable, orgId: string, id: string): Promise<VolumeRow | null> {
  const [row] = await db
    .select()
    .from(volumes)
    .where(and(eq(volumes.orgId, orgId), eq(volumes.id, id)));
  return row ?? null;
}

/** Of a deployment, oldest first, also those in the trash. */
export const listVolumeRows = (db: Queryable, orgId: string, deploymentId: string): Promise<VolumeRow[]> =>
  db
    .select()
    .from(volumes)
    .where(
      and(
        eq(volumes.orgId, orgId),
        eq(volumes.deploymentId, deploymentId),
        inArray(volumes.state, ['active', 'trashed']),
      ),
    )
    .orderBy(asc(volumes.createdAt));
