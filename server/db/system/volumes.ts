/** Volumes of all organizations: what the machine has still to do, and what it says of them. */
import { and, eq, or, sql } from 'drizzle-orm';
import type { Db } from '#server/db/client.ts';
import type { DatabaseNow } from '#server/db/now.ts';
import { volumes } from '#server/db/schema/volumes.ts';
import type { VolumeRow } from '#server/db/volumes.ts';

/** Those whose place or size is not what was asked for, and those whose time in the trash is over. */
export async function unsettledVolumes(db: Db, now: DatabaseNow, trashHours: number): Promise<VolumeRow[]> {
  await db
    .update(volumes)
    .set({ state: 'deleting' })
    .where(
      and(
        eq(volumes.state, 'trashed'),
        sql`${volumes.trashedAt} < ${now()} - ${String(trashHours)}::int * interval '1 hour'`,
      ),
    );
  return db
    .select()
    .from(volumes)
    .where(
      or(
        eq(volumes.state, 'deleting'),
        and(eq(volumes.state, 'trashed'), eq(volumes.place, 'live')),
        and(eq(volumes.state, 'active'), eq(volumes.place, 'trash')),
        and(eq(volumes.state, 'active'), eq(volumes.place, 'live'), eq(volumes.growsAtStart, true)),
      ),
    )
    .limit(100);
}

/** Moves a row on only when nobody changed its mind meanwhile. */
export async function settleVolume(db: Db, row: VolumeRow, place: VolumeRow['place']): Promise<void> {
  await db
    .update(volumes)
    .set({ place })
    .where(and(eq(volumes.id, row.id), eq(volumes.orgId, row.orgId), eq(volumes.state, row.state)));
}

/** It has the size that the row asks for, unless that grew again meanwhile. */
export async function noteGrown(db: Db, row: VolumeRow): Promise<void> {
  await db
    .update(volumes)
    .set({ growsAtStart: false })
    .where(and(eq(volumes.id, row.id), eq(volumes.orgId, row.orgId), eq(volumes.sizeBytes, row.sizeBytes)));
}

/** After it is gone from the machine. */
export async function forgetVolume(db: Db, row: VolumeRow): Promise<void> {
  await db
    .delete(volumes)
    .where(and(eq(volumes.id, row.id), eq(volumes.orgId, row.orgId), eq(volumes.state, 'deleting')));
}

/** A deployment that is deleted for good takes its volumes along, whatever their state. */
export const doomVolumes = (db: Db, orgId: string, deploymentId: string): Promise<VolumeRow[]> =>
  db
    .update(volumes)
    .set({ state: 'deleting' })
    .where(and(eq(volumes.orgId, orgId), eq(volumes.deploymentId, deploymentId)))
    .returning();

export async function noteUsage(
  db: Db,
  now: DatabaseNow,
  seen: readonly { id: string; usedBytes: number; sizeBytes: number | null }[],
): Promise<void> {
  if (seen.length === 0) return;
  const rows = sql.join(
    seen.map((one) => sql`(${one.id}::text, ${String(one.usedBytes)}::bigint, ${one.sizeBytes === null ? null : String(one.sizeBytes)}::bigint)`),
    sql`, `,
  ); // prettier-ignore
  await db.execute(sql`
    update volumes set used_bytes = seen.used, capacity_bytes = seen.capacity, observed_at = ${now()}
    from (values ${rows}) as seen (id, used, capacity) where volumes.id = seen.id`);
}
