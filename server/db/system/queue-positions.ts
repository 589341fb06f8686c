/** The place of waiting releases among all organizations', and what keeps them there: nobody sees whose the others are. */
import { eq, sql } from 'drizzle-orm';
import type { Queryable } from '#server/db/client.ts';
import type { DatabaseNow } from '#server/db/now.ts';
import { regions } from '#server/db/schema/platform.ts';
import { organizations } from '#server/db/schema/organizations.ts';
import { slotsInUse } from '#server/db/system/queue.ts';
import { queueOrder } from '#server/db/system/queue-order.ts';
import type { Lane } from '#server/domain/release-machine.ts';
import { planLimits } from '#server/domain/plans.ts';

export interface QueuePlace {
  /** From 1, in the lane of its region, in the order in which slots are given (`queue-order.ts`). */
  place: number;
  /** What works for the organization in the region. */
  running: number;
  /** Something works on the deployment, or waits there before it. */
  blocked: boolean;
  /** The organization's limit lets it run now. */
  allowed: boolean;
}

/** Places of the organization's own releases that are queued, by id. */
export async function queuePositions(
  db: Queryable,
  now: DatabaseNow,
  orgId: string,
  regionIds: readonly string[],
): Promise<Map<string, QueuePlace>> {
  if (regionIds.length === 0) return new Map();
  const rows = await db.execute<{ id: string; place: string; running: string; blocked: boolean; allowed: boolean }>(
    sql`select q.id, q.place, q.running, q.blocked, q.allowed from (${queueOrder(now, regionIds)}) q where q.org_id = ${orgId}`,
  );
  return new Map(
    [...rows].map((row) => [
      row.id,
      { place: Number(row.place), running: Number(row.running), blocked: row.blocked, allowed: row.allowed },
    ]),
  );
}

export interface QueueTraffic {
  regionId: string;
  slug: string;
  name: string;
  enabled: boolean;
  /** Of all organizations. */
  lanes: Record<Lane, { slots: number; running: number; waiting: number }>;
  /** Releases of this organization that may work at once. */
  limit: number;
}

/** How busy the regions are, for everybody the same, and the organization's own limit in each. */
export async function queueTraffic(db: Queryable, orgId: string): Promise<QueueTraffic[]> {
  const rows = await db.select().from(regions).orderBy(regions.createdAt).limit(100);
  const [organization] = await db
    .select({ plan: organizations.plan })
    .from(organizations)
    .where(eq(organizations.id, orgId));
  const counted = await db.execute<{ region_id: string; lane: Lane; waiting: string }>(
    sql`select region_id, lane, count(*) as waiting from releases where state in ('held','queued') group by region_id, lane`,
  );
  const plan = planLimits[organization?.plan ?? 'free'];
  return Promise.all(
    rows.map(async (region) => {
      const used = await slotsInUse(db, region.id);
      const waiting = (lane: Lane): number =>
        Number(counted.find((row) => row.region_id === region.id && row.lane === lane)?.waiting ?? 0);
      return {
        regionId: region.id,
        slug: region.slug,
        name: region.name,
        enabled: region.enabled,
        lanes: {
          build: { slots: region.buildSlots, running: used.build, waiting: waiting('build') },
          rollout: { slots: region.rolloutSlots, running: used.rollout, waiting: waiting('rollout') },
        },
        limit: Math.min(region.orgLimit, plan.concurrentReleases),
      };
    }),
  );
}
