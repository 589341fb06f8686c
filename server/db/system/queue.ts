/**
 * The deploy queue of a region: who gets the next free slot. One of the few queries across organizations. Claims of a
 * region run one at a time (advisory lock), so that slots and limits are counted on what is true at that moment. What
 * runs is never stopped for what waits.
 */
import { eq, inArray, type SQL, sql } from 'drizzle-orm';
import type { Db, Tx } from '#server/db/client.ts';
import type { DatabaseNow } from '#server/db/now.ts';
import { applyEvent, type ReleaseRow } from '#server/db/releases.ts';
import { regions } from '#server/db/schema/platform.ts';
import { releases } from '#server/db/schema/releases.ts';
import { activeList, literals, queueOrder } from '#server/db/system/queue-order.ts';
import { buildLaneStates, type Lane, lanes } from '#server/domain/release-machine.ts';

/** Slots in use per lane. What was built gives its build slot back and takes no other: rollouts never wait behind builds. */
export async function slotsInUse(tx: Pick<Tx, 'execute'>, regionId: string): Promise<Record<Lane, number>> {
  const rows = await tx.execute<{ lane: Lane; used: string }>(sql`
    select lane, count(*) as used from releases
    where region_id = ${regionId} and state in (${activeList}) and (lane <> 'build' or state in (${literals(buildLaneStates)}))
    group by lane`);
  const used = (lane: Lane): number => Number(rows.find((row) => row.lane === lane)?.used ?? 0);
  return { build: used('build'), rollout: used('rollout') };
}

/**
 * The ids of those that are next in a lane, at most `count`, in order: neither a busy deployment nor the organization's
 * limit keeps them. One that is being aborted now is nobody's next.
 */
export const nextInLane = (now: DatabaseNow, regionId: string, lane: Lane, count: number): SQL => sql`
  select r.id from (${queueOrder(now, [regionId])}) q join releases r on r.id = q.id
  where q.lane = ${lane} and r.state = 'queued' and q.allowed and not q.blocked
  order by q.place limit ${count} for update of r skip locked`;

async function takeNext(tx: Tx, now: DatabaseNow, regionId: string, lane: Lane, count: number): Promise<ReleaseRow[]> {
  if (count <= 0) return [];
  const next = (await tx.execute<{ id: string }>(nextInLane(now, regionId, lane, count))).map((row) => row.id);
  if (next.length === 0) return [];
  const rows = await tx.select().from(releases).where(inArray(releases.id, next));
  return next.flatMap((id) => rows.find((row) => row.id === id) ?? []);
}

/**
 * Gives every free slot of the region to the next in line. Answers the ids of the releases that begin.
 * @param deadlineMs limit of the first state that they enter.
 */
export const claimSlots = (db: Db, now: DatabaseNow, regionId: string, deadlineMs: number): Promise<string[]> =>
  db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${regionId}, 76))`);
    const [region] = await tx.select().from(regions).where(eq(regions.id, regionId));
    if (!region?.enabled) return [];
    const used = await slotsInUse(tx, regionId);
    const slots: Record<Lane, number> = { build: region.buildSlots, rollout: region.rolloutSlots };
    const claimed: string[] = [];
    for (const lane of lanes) {
      for (const release of await takeNext(tx, now, regionId, lane, slots[lane] - used[lane])) {
        await applyEvent(tx, now, { release, event: 'claimed', deadlineMs });
        claimed.push(release.id);
      }
    }
    return claimed;
  });
