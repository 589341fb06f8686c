/**
 * What makes the engine heal by itself. Often: a job for each release that is due and that nobody works on. Seldom: what
 * the machine holds without a row that wants it is removed, only ever what carries this installation's label.
 */
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { and, eq, inArray, sql } from 'drizzle-orm';
import { instances } from '#server/db/schema/instances.ts';
import { releases } from '#server/db/schema/releases.ts';
import { wakeDue } from '#server/db/system/leases.ts';
import { finalStates } from '#server/domain/release-machine.ts';
import type { Engine } from '#server/release/engine.ts';
import { addressRestMs } from '#server/release/instance-spec.ts';

/** Wakes releases and queues. @throws when the database is away */
export const sweepReleases = (engine: Engine): Promise<{ releases: number; regions: number }> =>
  wakeDue(engine.db, engine.now);

/**
 * Removes instances and work folders that no row wants any more. One worker at a time; the others answer zeros.
 * @throws AppError unavailable, fenced
 */
export async function sweepOrphans(
  engine: Engine,
  signal: AbortSignal,
): Promise<{ instances: number; folders: number }> {
  const [row] = await engine.db.execute<{ fence: string }>(sql`select nextval('lease_fences') as fence`);
  const region = engine.region({ scope: 'orphans', number: Number(row?.fence ?? 0) });
  let removed = 0;
  for await (const seen of region.instances.observe(signal)) {
    if (seen.kind !== 'snapshot') continue;
    const wanted = await wantedInstances(
      engine,
      seen.instances.map((one) => one.instanceId),
    );
    for (const { instanceId } of seen.instances) {
      if (wanted.has(instanceId)) continue;
      await region.instances.keepAlive(instanceId, false, signal);
      await region.instances.stop(instanceId, 0, signal);
      await region.instances.remove(instanceId, signal);
      await forget(engine, instanceId);
      engine.log.warn('removed an instance that nothing wants', { instance: instanceId });
      removed += 1;
    }
    break;
  }
  return { instances: removed, folders: await sweepFolders(engine) };
}

/** Those of the ids whose row says that they shall be there, and that a release which is not over started or serves. */
async function wantedInstances(engine: Engine, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await engine.db
    .select({ id: instances.id, state: instances.state, releaseState: releases.state })
    .from(instances)
    .innerJoin(releases, eq(releases.id, instances.startedBy))
    .where(inArray(instances.id, [...ids]));
  const over: readonly string[] = finalStates.filter((state) => state !== 'retired');
  return new Set(
    rows
      .filter(
        (row) =>
          row.state === 'live' ||
          row.state === 'draining' ||
          (row.state !== 'removed' && !over.includes(row.releaseState)),
      )
      .map((row) => row.id),
  );
}

/** An orphan may have a row: of a release that ended without removing it. */
async function forget(engine: Engine, instanceId: string): Promise<void> {
  await engine.db
    .update(instances)
    .set({
      state: 'removed',
      removedAt: sql`${engine.now()}`,
      addressFreeAt: sql`${engine.now()} + ${String(addressRestMs * engine.timeScale)}::bigint * interval '1 millisecond'`,
    })
    .where(and(eq(instances.id, instanceId), sql`${instances.state} <> 'removed'`));
}

/** Folders named by a release that is over, or that was never there. */
async function sweepFolders(engine: Engine): Promise<number> {
  const names = (await readdir(engine.workDir).catch(() => [])).filter((name) => /^rel_[a-z0-9]+$/.test(name));
  if (names.length === 0) return 0;
  const rows = await engine.db
    .select({ id: releases.id })
    .from(releases)
    .where(and(inArray(releases.id, names), sql`${releases.state} in ('fetching','building','storing','cancelling')`));
  const wanted = new Set(rows.map((row) => row.id));
  const orphans = names.filter((name) => !wanted.has(name));
  for (const name of orphans) await rm(path.join(engine.workDir, name), { recursive: true, force: true });
  return orphans.length;
}
