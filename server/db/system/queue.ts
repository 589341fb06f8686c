/**
 * The deploy queue of a region: who gets the next free slot. One of the few queries across organizations. Claims of a
 * region run one at a time (advisory lock), so that slots and limits are counted on what is true at that moment.
 *
 * Order within a lane: kinds that go first (rollback, wake), then paying organizations (a free one that waits for 30
 * minutes counts as paying), then the organization with the fewest running, the one served longest ago, then time.
 */
import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Db, Tx } from '#server/db/client.ts';
import type { DatabaseNow } from '#server/db/now.ts';
import { applyEvent, type ReleaseRow } from '#server/db/releases.ts';
import { organizations } from '#server/db/schema/organizations.ts';
import { regions } from '#server/db/schema/platform.ts';
import { releases } from '#server/db/schema/releases.ts';
import {
  activeStates, buildLaneStates, kindRules, type Lane, lanes, releaseKinds, type ReleaseState,
} from '#server/domain/release-machine.ts'; // prettier-ignore

const patienceMinutes = 30;
const firstKinds = releaseKinds.filter((kind) => kindRules[kind].first);
const list = (values: readonly string[]) =>
  sql.join(
    values.map((value) => sql`${value}`),
    sql`, `,
  );

/** Slots in use per lane. A release that was built and rolls out now counts in the rollout lane. */
async function slotsInUse(tx: Tx, regionId: string): Promise<Record<Lane, number>> {
  const rows = await tx
    .select({ lane: releases.lane, state: releases.state })
    .from(releases)
    .where(and(eq(releases.regionId, regionId), inArray(releases.state, [...activeStates])));
  const builds = rows.filter(
    (row) => row.lane === 'build' && (buildLaneStates as readonly ReleaseState[]).includes(row.state),
  ).length;
  return { build: builds, rollout: rows.length - builds };
}

/** The release that is next in a lane, or null: every waiting one is blocked by its deployment or its organization's limit. */
async function nextInLane(
  tx: Tx,
  now: DatabaseNow,
  region: { id: string; orgLimit: number },
  lane: Lane,
): Promise<ReleaseRow | null> {
  const active = list(activeStates);
  const running = sql`(select count(*) from releases a where a.org_id = ${releases.orgId} and a.region_id = ${releases.regionId} and a.state in (${active}))`;
  const lastServed = sql`(select max(s.started_at) from releases s where s.org_id = ${releases.orgId} and s.region_id = ${releases.regionId})`;
  const [row] = await tx
    .select({ release: releases })
    .from(releases)
    .innerJoin(organizations, eq(organizations.id, releases.orgId))
    .where(
      and(
        eq(releases.regionId, region.id),
        eq(releases.state, 'queued'),
        eq(releases.lane, lane),
        sql`not exists (select 1 from releases d where d.deployment_id = ${releases.deploymentId} and d.state in (${active}))`,
        sql`${running} < ${region.orgLimit}`,
      ),
    )
    .orderBy(
      sql`${releases.kind} in (${list(firstKinds)}) desc`,
      sql`(${organizations.plan} = 'pay-as-you-go' or ${releases.createdAt} < ${now()} - interval '${sql.raw(String(patienceMinutes))} minutes') desc`,
      sql`${running} asc`,
      sql`${lastServed} asc nulls first`,
      releases.createdAt,
      releases.id,
    )
    .limit(1)
    .for('update', { of: releases, skipLocked: true }); // one that is being aborted now is nobody's next
  return row?.release ?? null;
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
      for (; used[lane] < slots[lane]; used[lane] += 1) {
        const release = await nextInLane(tx, now, region, lane);
        if (!release) break;
        await applyEvent(tx, now, { release, event: 'claimed', deadlineMs });
        claimed.push(release.id);
      }
    }
    return claimed;
  });
