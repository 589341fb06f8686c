/** The queue under load: many at one moment, several workers, and what the database does for it. */
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { sql } from 'drizzle-orm';
import { openDatabase } from '#server/db/client.ts';
import { databaseNow } from '#server/db/now.ts';
import { nextInLane } from '#server/db/system/queue.ts';
import { queueOrder } from '#server/db/system/queue-order.ts';
import { queuePositions } from '#server/db/system/queue-positions.ts';
import { QueueBench } from '#server/db/system/testing-queue.ts';
import { createTestDatabase, type TestDatabase } from '#server/db/testing.ts';
import { activeStates } from '#server/domain/release-machine.ts';

let database: TestDatabase;
let bench: QueueBench;
beforeEach(async () => {
  database = await createTestDatabase(inject('pgAdminUrl'));
  bench = new QueueBench(database.db);
});
afterEach(() => database.close());

const active = sql.raw(activeStates.map((state) => `'${state}'`).join(','));
const busiest = async (): Promise<{ all: number; org: number }> => {
  const [row] = await database.db.execute<{ all: number; org: number }>(sql`
    select coalesce(sum(n), 0)::int as all, coalesce(max(n), 0)::int as org from (select count(*) as n from releases where state in (${active}) group by org_id) c`);
  return { all: row?.all ?? 0, org: row?.org ?? 0 };
};

test('the limits of region and organization hold when 50 releases arrive at one moment and two workers claim', async () => {
  await bench.region({ buildSlots: 7, rolloutSlots: 4, orgLimit: 2 });
  const orgs = ['org_a', 'org_b', 'org_c', 'org_d', 'org_e'];
  for (const org of orgs) await bench.org(org, 'pay-as-you-go');
  const homes = await Promise.all(Array.from({ length: 50 }, (_, n) => bench.deployment(orgs[n % 5] ?? '')));
  const other = openDatabase(database.url, { name: 'other worker', max: 8 });
  const claimed: string[] = [];
  const claims = async (): Promise<void> => {
    for (let round = 0; round < 10; round += 1) {
      claimed.push(...(await bench.claim()), ...(await bench.claim(other.db)));
      expect((await busiest()).org).toBeLessThanOrEqual(2);
    }
  };
  try {
    const arrive = homes.map((deploymentId, n) => bench.queue(orgs[n % 5] ?? '', 'deploy', { deploymentId }));
    await Promise.all([...arrive, claims(), claims()]);
    claimed.push(...(await bench.claim()));
  } finally {
    await other.close();
  }
  expect(await busiest()).toEqual({ all: 7, org: 2 });
  expect(claimed).toHaveLength(7);
  expect(new Set(claimed).size).toBe(7);
}, 60_000);

test('places are the order in which slots are given', async () => {
  await bench.region({ buildSlots: 1, rolloutSlots: 1, orgLimit: 1000 });
  const orgs = ['org_a', 'org_b', 'org_c', 'org_d'];
  for (const [index, org] of orgs.entries()) await bench.org(org, index < 2 ? 'pay-as-you-go' : 'free');
  for (const org of ['org_c', 'org_a']) {
    await bench.queue(org);
    for (const id of await bench.claim()) await bench.apply(id, 'fail');
  }
  await bench.queue('org_b');
  await bench.claim();
  const counts = [3, 4, 2, 2];
  for (const [index, org] of orgs.entries())
    for (let n = 0; n < (counts[index] ?? 0); n += 1)
      await bench.queue(org, 'deploy', { waitedMinutes: (index * 7 + n * 13) % 40 });
  const places = new Map<number, string>();
  for (const org of orgs)
    for (const [id, { place }] of await queuePositions(database.db, databaseNow, org, [bench.regionId]))
      places.set(place, id);
  const given: string[] = [];
  for (let slots = 2; slots <= 12; slots += 1) {
    await database.db.execute(sql`update regions set build_slots = ${slots}`);
    given.push(...(await bench.claim()));
  }
  expect(given).toEqual([...places.keys()].sort((a, b) => a - b).map((place) => places.get(place)));
  expect(given).toHaveLength(11);
}, 60_000);

test('an organization with one job among 1,000 starts within two job lengths, none is lost and none runs twice', async () => {
  await bench.region({ buildSlots: 4, rolloutSlots: 4 });
  await bench.crowd(50, 1000);
  await bench.org('org_late');
  const other = openDatabase(database.url, { name: 'other worker', max: 8 });
  const begun: string[] = [];
  /** One job length: four workers fill the slots, then all of them end. */
  const round = async (): Promise<string[]> => {
    const now = (await Promise.all([bench.claim(), bench.claim(other.db), bench.claim(), bench.claim(other.db)])).flat(); // prettier-ignore
    begun.push(...now);
    await database.db.execute(
      sql`update releases set state = 'failed', outcome = 'failed', ended_at = now() where state in (${active})`,
    );
    return now;
  };
  try {
    for (let n = 0; n < 13; n += 1) await round(); // everybody had a turn
    const late = await bench.queue('org_late');
    expect([...(await round()), ...(await round())]).toContain(late);
    await database.db.execute(sql`update regions set build_slots = 150, org_limit = 100`);
    for (let last = await round(); last.length > 0;) last = await round();
  } finally {
    await other.close();
  }
  expect(begun).toHaveLength(1001);
  expect(new Set(begun).size).toBe(1001);
}, 120_000);

/** Every table that a plan reads from beginning to end. */
function scanned(plan: unknown): string[] {
  if (Array.isArray(plan)) return plan.flatMap(scanned);
  if (typeof plan !== 'object' || plan === null) return [];
  const node = plan as Record<string, unknown>;
  const own = node['Node Type'] === 'Seq Scan' ? [String(node['Relation Name'])] : [];
  return [...own, ...Object.values(node).flatMap(scanned)];
}

test('claims and places never read all releases, with 1,000 queued over 50 organizations and a history', async () => {
  await bench.region({ buildSlots: 4, rolloutSlots: 4 });
  await bench.crowd(50, 1000);
  await database.db.execute(sql`
    insert into releases (id, org_id, project_id, deployment_id, region_id, number, kind, lane, state, outcome, snapshot, trigger, started_at)
    select 'old_' || n, r.org_id, r.project_id, r.deployment_id, r.region_id, 1 + n, 'deploy', 'build', 'retired', 'live', '{"components":[]}', '{"by":"api"}', now() - n * interval '1 second'
    from generate_series(1, 20000) n join releases r on r.id = 'rel_' || (1 + n % 1000)`);
  await database.db.execute(sql`analyze`);
  const next = nextInLane(databaseNow, bench.regionId, 'build', 1);
  for (const query of [queueOrder(databaseNow, [bench.regionId]), next]) {
    const [row] = await database.db.execute<{ 'QUERY PLAN': unknown }>(sql`explain (format json) ${query}`);
    expect(scanned(row?.['QUERY PLAN']).filter((table) => table === 'releases')).toEqual([]);
  }
  const started = performance.now();
  for (let round = 0; round < 5; round += 1) await database.db.execute(next);
  expect((performance.now() - started) / 5).toBeLessThan(200);
}, 60_000);
