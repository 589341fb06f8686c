/** Usage is what ran, whatever happens to workers, releases and deployments. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { eq, sql } from 'drizzle-orm';
import { instances } from '#server/db/schema/instances.ts';
import { components, deployments } from '#server/db/schema/projects.ts';
import { usageIntervals } from '#server/db/schema/usage.ts';
import { removeOldUsage } from '#server/db/system/usage.ts';
import { createTestDatabase, type TestDatabase } from '#server/db/testing.ts';
import { usageByDeployment } from '#server/db/usage.ts';
import { type Bench, createBench } from '#server/release/bench.ts';
import { createFault, faultPoints, InjectedCrash } from '#server/release/fault.ts';
import { requestRelease } from '#server/usecases/request-release.ts';

let database: TestDatabase;
let bench: Bench;
beforeAll(async () => {
  database = await createTestDatabase(inject('pgAdminUrl'));
});
afterAll(() => database.close());
beforeEach(async () => {
  bench = await createBench(database);
});
afterEach(() => bench.close());

const deploy = async (code: string): Promise<string> => {
  bench.source.commit(bench.made.repositoryId, { 'index.js': code });
  return (await requestRelease(bench.ctx, { deploymentId: bench.made.deploymentId, kind: 'deploy' })).releaseId;
};
const own = () => eq(usageIntervals.orgId, bench.made.orgId);
const intervals = () => database.db.select().from(usageIntervals).where(own());
/** Each instance that there ever was has one interval, open as long as the instance is there. */
async function expectExact(): Promise<void> {
  const rows = await database.db.select().from(instances).where(eq(instances.orgId, bench.made.orgId));
  const counted = (await intervals()).filter((one) => one.kind === 'instance');
  expect(counted.map((one) => one.id).toSorted()).toEqual(rows.map((one) => one.id).toSorted());
  for (const row of rows) {
    const one = counted.find((interval) => interval.id === row.id);
    expect(one).toMatchObject({ cpuMillis: row.cpuMillis, memoryMib: row.memoryMib, endedAt: row.removedAt });
  }
}

test('during a roll both instances count, after it one; a build counts while it builds', async () => {
  await deploy('one');
  await bench.settle();
  bench.builds.script(bench.made.componentId, { takesMs: 60_000 });
  await deploy('two');
  await bench.settle();
  await expectExact();
  const rows = await intervals();
  const [first, second] = rows.filter((one) => one.kind === 'instance').toSorted((a, b) => (a.id < b.id ? -1 : 1));
  expect(first?.endedAt).not.toBeNull();
  expect(second?.endedAt).toBeNull();
  expect(second?.startedAt.getTime()).toBeLessThan(first?.endedAt?.getTime() ?? 0);
  const builds = rows.filter((one) => one.kind === 'build');
  expect(builds).toHaveLength(2);
  expect(builds.every((one) => one.endedAt !== null)).toBe(true);
});

const crashes = faultPoints.filter((point) => !point.startsWith('undo.'));
test.each(crashes)('a worker that dies at %s loses no interval and doubles none', async (point) => {
  await database.db
    .update(components)
    .set({ settings: { hook: { postdeploy: 'migrate', firstDeploy: null } } })
    .where(eq(components.id, bench.made.componentId));
  await deploy('one');
  await bench.settle();
  await deploy('two');
  const fault = createFault({ point, how: 'throw', visit: 1 }, () => {
    throw new InjectedCrash(point);
  });
  await bench.settle(bench.worker('doomed', { fault })).catch((error: unknown) => {
    if (!(error instanceof InjectedCrash)) throw error;
  });
  await expectExact();
  await bench.settle(bench.worker('heir'));
  await expectExact();
  expect((await intervals()).filter((one) => one.kind === 'instance' && one.endedAt === null)).toHaveLength(1);
});

test('what a deleted deployment used stays, closed, under the name that it had', async () => {
  await deploy('one');
  await bench.settle();
  await database.db.update(deployments).set({ liveReleaseId: null }).where(eq(deployments.id, bench.made.deploymentId));
  await database.db.delete(deployments).where(eq(deployments.id, bench.made.deploymentId));
  const rows = await intervals();
  expect(rows.length).toBeGreaterThan(0);
  expect(rows.every((one) => one.endedAt !== null)).toBe(true);
  const period = { from: new Date(Date.now() - 3_600_000), to: new Date(Date.now() + 3_600_000) };
  expect(await usageByDeployment(database.db, bench.made.orgId, period)).toMatchObject([
    {
      deploymentId: bench.made.deploymentId,
      projectName: 'Shop',
      deploymentName: 'Production',
      path: null,
      running: 0,
    },
  ]);
});

test('intervals of long ago go, open ones and those of the last two years stay', async () => {
  const { orgId, projectId, deploymentId } = bench.made;
  const shared = {
    orgId,
    projectId,
    deploymentId,
    projectName: 'Shop',
    deploymentName: 'Production',
    kind: 'instance' as const,
  };
  const startedAt = new Date('2020-01-01T00:00:00Z');
  await database.db.insert(usageIntervals).values([
    { ...shared, id: `${orgId}_old`, startedAt, endedAt: new Date('2020-02-01T00:00:00Z') },
    { ...shared, id: `${orgId}_open`, startedAt },
    { ...shared, id: `${orgId}_new`, startedAt, endedAt: new Date() },
  ]);
  expect(await removeOldUsage(database.db, bench.time.sql)).toBe(1);
  expect((await intervals()).map((one) => one.id).toSorted()).toEqual([`${orgId}_new`, `${orgId}_open`]);
});

test('hours are of the period only, times the size', async () => {
  const { orgId, projectId, deploymentId } = bench.made;
  const at = (text: string) => new Date(`2026-10-${text}Z`);
  const shared = { orgId, projectId, deploymentId, projectName: 'Shop', deploymentName: 'Production' };
  await database.db.insert(usageIntervals).values([
    { ...shared, id: `${orgId}_1`, kind: 'instance', cpuMillis: 500, memoryMib: 2048, startedAt: new Date('2026-09-30T22:00:00Z'), endedAt: at('01T02:00:00') },
    { ...shared, id: `${orgId}_2`, kind: 'instance', cpuMillis: 2000, memoryMib: 512, startedAt: at('31T23:00:00'), endedAt: new Date('2026-11-05T00:00:00Z') },
    { ...shared, id: `${orgId}_3`, kind: 'build', startedAt: at('10T00:00:00'), endedAt: at('10T00:06:00') },
    { ...shared, id: `${orgId}_4`, kind: 'build', startedAt: new Date('2026-09-01T00:00:00Z'), endedAt: new Date('2026-09-01T01:00:00Z') },
  ]); // prettier-ignore
  const period = { from: at('01T00:00:00'), to: new Date('2026-11-01T00:00:00Z') };
  const [row] = await usageByDeployment(database.db, orgId, period);
  expect(row?.cpuHours).toBeCloseTo(0.5 * 2 + 2 * 1, 6);
  expect(row?.memoryGibHours).toBeCloseTo(2 * 2 + 0.5 * 1, 6);
  expect(row?.buildMinutes).toBeCloseTo(6, 6);
  await database.db.execute(sql`delete from usage_intervals where id like ${`${orgId}%`}`);
});
