/**
 * What a person decided about volumes, done by the machine: into the trash, back, or gone. Deletion begins with a person and
 * passes the trash; nothing here looks for volumes that "nobody wants".
 */
import { sql } from 'drizzle-orm';
import type { Region } from '#server/agent/types.ts';
import {
  doomVolumes,
  forgetVolume,
  noteGrown,
  noteUsage,
  settleVolume,
  unsettledVolumes,
} from '#server/db/system/volumes.ts';
import type { VolumeRow } from '#server/db/volumes.ts';
import { trashHours } from '#server/domain/limits.ts';
import { AppError } from '#server/errors.ts';
import type { Engine } from '#server/release/engine.ts';

async function regionOf(engine: Engine): Promise<Region> {
  const [row] = await engine.db.execute<{ fence: string }>(sql`select nextval('lease_fences') as fence`);
  return engine.region({ scope: 'volumes', number: Number(row?.fence ?? 0) });
}

/** Fine when the machine never had it, or has it no more. */
async function unlessGone(call: Promise<void>): Promise<void> {
  await call.catch((error: unknown) => {
    if (!(error instanceof AppError && error.code === 'not_found')) throw error;
  });
}

async function settle(engine: Engine, region: Region, row: VolumeRow, signal: AbortSignal): Promise<void> {
  if (row.state === 'active' && row.place === 'live') {
    const { id, sizeBytes } = row;
    if ((await region.volumes.grow({ id, sizeBytes }, signal)) === 'done') await noteGrown(engine.db, row);
    return;
  }
  if (row.state === 'active') {
    await region.volumes.restore(row.id, signal);
    return settleVolume(engine.db, row, 'live');
  }
  await unlessGone(region.volumes.trash(row.id, signal));
  if (row.state === 'trashed') return settleVolume(engine.db, row, 'trash');
  await region.volumes.purge(row.id, signal);
  await forgetVolume(engine.db, row);
  engine.log.info('deleted a volume', { volume: row.id, deployment: row.deploymentId });
}

/** One round; one volume that cannot be settled holds up no other. Answers how many were. */
export async function settleVolumes(engine: Engine, signal: AbortSignal): Promise<number> {
  const rows = await unsettledVolumes(engine.db, engine.now, trashHours);
  if (rows.length === 0) return 0;
  const region = await regionOf(engine);
  let settled = 0;
  for (const row of rows) {
    try {
      await settle(engine, region, row, signal);
      settled += 1;
    } catch (error) {
      if (signal.aborted) throw error;
      engine.log.warn('a volume could not be settled, trying again', { volume: row.id, state: row.state, error });
    }
  }
  return settled;
}

/** Before the rows of a deployment go: its volumes, which nothing uses any more. @throws AppError conflict, unavailable */
export async function purgeVolumes(
  engine: Engine,
  deployment: { id: string; orgId: string },
  signal: AbortSignal,
): Promise<void> {
  const rows = await doomVolumes(engine.db, deployment.orgId, deployment.id);
  if (rows.length === 0) return;
  const region = await regionOf(engine);
  for (const row of rows) await settle(engine, region, row, signal);
}

/** Keeps how full each volume is. */
export async function observeVolumes(engine: Engine, signal: AbortSignal): Promise<void> {
  const seen = await (await regionOf(engine)).volumes.usage(signal);
  await noteUsage(engine.db, engine.now, seen);
}
