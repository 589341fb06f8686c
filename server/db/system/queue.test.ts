import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { databaseNow } from '#server/db/now.ts';
import { applyEvent } from '#server/db/releases.ts';
import { regions } from '#server/db/schema/platform.ts';
import { QueueBench } from '#server/db/system/testing-queue.ts';
import { createTestDatabase, type TestDatabase } from '#server/db/testing.ts';

let database: TestDatabase;
let bench: QueueBench;
beforeEach(async () => {
  database = await createTestDatabase(inject('pgAdminUrl'));
  bench = new QueueBench(database.db);
  await bench.region({ buildSlots: 1, rolloutSlots: 1 });
});
afterEach(() => database.close());

test('a paying organization goes before a free one, and a free one that waited for 30 minutes counts as paying', async () => {
  await bench.org('org_free');
  await bench.org('org_paid', 'pay-as-you-go');
  await bench.org('org_patient');
  const free = await bench.queue('org_free');
  const paid = await bench.queue('org_paid');
  const patient = await bench.queue('org_patient', 'deploy', { waitedMinutes: 31 });
  expect(await bench.drainOrder()).toEqual([patient, paid, free]);
});

test('an organization with much in the queue does not keep another one waiting', async () => {
  await bench.org('org_many');
  await bench.org('org_one');
  const many = [await bench.queue('org_many'), await bench.queue('org_many'), await bench.queue('org_many')];
  const one = await bench.queue('org_one');
  expect(await bench.drainOrder()).toEqual([many[0], one, many[1], many[2]]);
});

test('a rollback goes before everything else of its lane', async () => {
  await bench.org('org_paid', 'pay-as-you-go');
  await bench.org('org_free');
  const restart = await bench.queue('org_paid', 'restart');
  const rollback = await bench.queue('org_free', 'rollback');
  expect(await bench.drainOrder()).toEqual([rollback, restart]);
});

test('an organization at its limit rolls back at once, and has no more rollbacks at a time than its limit', async () => {
  await database.db.update(regions).set({ buildSlots: 4, rolloutSlots: 4, orgLimit: 2 });
  await bench.org('org_a');
  const builds = [await bench.queue('org_a'), await bench.queue('org_a')];
  expect(await bench.claim()).toEqual(builds);
  const restart = await bench.queue('org_a', 'restart');
  const back = [await bench.queue('org_a', 'rollback'), await bench.queue('org_a', 'rollback')];
  const third = await bench.queue('org_a', 'rollback');
  expect(await bench.claim()).toEqual(back);
  for (const id of [restart, third]) expect(await bench.row(id)).toMatchObject({ state: 'queued' });
});

test('a rollout takes its slot while every build slot is busy', async () => {
  await bench.org('org_a');
  const build = await bench.queue('org_a');
  const waiting = await bench.queue('org_a');
  const restart = await bench.queue('org_a', 'restart');
  expect(await bench.claim()).toEqual([build, restart]);
  expect(await bench.row(waiting)).toMatchObject({ state: 'queued' });
});

test('a deployment has one active release, whatever waits for it', async () => {
  await bench.org('org_a');
  const deploymentId = await bench.deployment('org_a');
  const first = await bench.queue('org_a', 'deploy', { deploymentId });
  const second = await bench.queue('org_a', 'restart', { deploymentId });
  expect(await bench.claim()).toEqual([first]);
  expect(await bench.claim()).toEqual([]);
  await bench.apply(first, 'fail');
  expect(await bench.claim()).toEqual([second]);
});

test('the limit of an organization is counted when a slot is claimed', async () => {
  await database.db.update(regions).set({ buildSlots: 8, orgLimit: 2 });
  await bench.org('org_a');
  await bench.org('org_b');
  const mine = [await bench.queue('org_a'), await bench.queue('org_a'), await bench.queue('org_a')];
  const other = await bench.queue('org_b');
  expect(new Set(await bench.claim())).toEqual(new Set([mine[0], mine[1], other]));
});

test('a release that is built gives its build slot back before it is live', async () => {
  await bench.org('org_a');
  const first = await bench.queue('org_a');
  const second = await bench.queue('org_a');
  expect(await bench.claim()).toEqual([first]);
  await bench.apply(first, 'fetched', 'built', 'stored');
  expect(await bench.claim()).toEqual([second]);
});

test('claims at the same moment never give one slot twice', async () => {
  await database.db.update(regions).set({ buildSlots: 3 });
  await bench.org('org_a');
  await bench.org('org_b');
  for (const org of ['org_a', 'org_b']) for (let n = 0; n < 3; n += 1) await bench.queue(org);
  const claimed = (await Promise.all(Array.from({ length: 6 }, () => bench.claim()))).flat();
  expect(claimed).toHaveLength(3);
  expect(new Set(claimed).size).toBe(3);
});

test('a transition whose state has moved on is refused and writes nothing', async () => {
  await bench.org('org_a');
  const id = await bench.queue('org_a');
  const before = await bench.row(id);
  await bench.claim();
  const late = database.db.transaction((tx) =>
    applyEvent(tx, databaseNow, { release: before, event: 'abort-waiting' }),
  );
  await expect(late).rejects.toMatchObject({ code: 'conflict' });
  expect(await bench.row(id)).toMatchObject({ state: 'fetching', outcome: null });
});

test('of two organizations with equally many running the one goes first that was not served for longest', async () => {
  for (const org of ['org_a', 'org_b', 'org_c']) await bench.org(org);
  for (const org of ['org_b', 'org_a']) {
    await bench.queue(org);
    const [served = ''] = await bench.claim();
    await bench.apply(served, 'fail');
  }
  const [a, b, c] = [await bench.queue('org_a'), await bench.queue('org_b'), await bench.queue('org_c')];
  expect(await bench.drainOrder()).toEqual([c, b, a]);
});

test('a build of a free organization runs on when a paying one arrives', async () => {
  await bench.org('org_free');
  await bench.org('org_paid', 'pay-as-you-go');
  const running = await bench.queue('org_free');
  await bench.claim();
  const paid = await bench.queue('org_paid');
  expect(await bench.claim()).toEqual([]);
  expect(await bench.row(running)).toMatchObject({ state: 'fetching' });
  await bench.apply(running, 'fail');
  expect(await bench.claim()).toEqual([paid]);
});

test('the plan limits what works at once where the region would allow more', async () => {
  await database.db.update(regions).set({ buildSlots: 30, orgLimit: 30 });
  await bench.org('org_free');
  await bench.org('org_paid', 'pay-as-you-go');
  for (let n = 0; n < 6; n += 1) for (const org of ['org_free', 'org_paid']) await bench.queue(org);
  const claimed = await Promise.all((await bench.claim()).map((id) => bench.row(id)));
  expect(claimed.filter((row) => row.orgId === 'org_free')).toHaveLength(3);
  expect(claimed.filter((row) => row.orgId === 'org_paid')).toHaveLength(6);
});

test('a region that was closed gives no slot', async () => {
  await bench.org('org_a');
  await bench.queue('org_a');
  await database.db.update(regions).set({ enabled: false });
  expect(await bench.claim()).toEqual([]);
});

test('what waits for its busy deployment takes no turn from the others of its organization', async () => {
  await database.db.update(regions).set({ rolloutSlots: 2 });
  await bench.org('org_a');
  await bench.org('org_b');
  const deploymentId = await bench.deployment('org_a');
  await bench.queue('org_a', 'restart', { deploymentId });
  await bench.claim();
  await bench.queue('org_b', 'restart');
  await bench.claim();
  const blocked = await bench.queue('org_a', 'deploy', { deploymentId });
  const own = await bench.queue('org_a');
  await bench.queue('org_b');
  expect(await bench.claim()).toEqual([own]);
  expect(await bench.row(blocked)).toMatchObject({ state: 'queued' });
});
