import { and, asc, eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { instances } from '#server/db/schema/instances.ts';
import { metricPoints } from '#server/db/schema/metrics.ts';
import { releases } from '#server/db/schema/releases.ts';
import { forgetOldMetrics, rollUpMetrics } from '#server/db/system/metrics.ts';
import { makeDeployment, type MadeDeployment } from '#server/db/testing-makers.ts';
import { createTestDatabase, type TestDatabase } from '#server/db/testing.ts';
import { newId } from '#server/ids.ts';
import type { InstanceDriver, InstanceStats } from '#server/runtime/types.ts';
import { createMetrics } from '#worker/metrics.ts';

let database: TestDatabase;
let made: MadeDeployment;
let instanceId: string;
const signal = new AbortController().signal;
beforeAll(async () => {
  database = await createTestDatabase(inject('pgAdminUrl'));
  made = await makeDeployment(database.db);
  const { orgId, projectId, deploymentId, componentId, regionId } = made;
  const releaseId = newId('release');
  instanceId = newId('instance');
  await database.db.insert(releases).values({
    id: releaseId, orgId, projectId, deploymentId, regionId, kind: 'deploy', lane: 'build', state: 'live', snapshot: { components: [] }, trigger: { by: 'person' },
  }); // prettier-ignore
  await database.db.insert(instances).values({
    id: instanceId, orgId, deploymentId, componentId, startedBy: releaseId, ordinal: 0, specHash: 'x', state: 'live', address: '10.213.0.9', cpuMillis: 100, memoryMib: 64,
  }); // prettier-ignore
});
afterAll(() => database.close());

/** A time in whole steps of the coarsest kind, plus some seconds. */
const at = (seconds: number) => () => sql`timestamptz '2026-05-04 12:00:00Z' + make_interval(secs => ${seconds})`;
const points = (step: number) =>
  database.db
    .select()
    .from(metricPoints)
    .where(and(eq(metricPoints.orgId, made.orgId), eq(metricPoints.stepSeconds, step)))
    .orderBy(asc(metricPoints.at));

/** Only `stats` is asked of it. */
function measured(next: () => InstanceStats[]): InstanceDriver {
  return { stats: () => Promise.resolve(next()) } as unknown as InstanceDriver;
}
const counters = (cpuMicros: number, receivedBytes: number): InstanceStats => ({
  instanceId, cpuMicros, receivedBytes, sentBytes: 0, readBytes: 0, writtenBytes: 0, memoryBytes: cpuMicros / 1000, memoryLimitBytes: 64, processes: 2,
}); // prettier-ignore

test('counters become one point per step; what has no row here, and the first round, are not written', async () => {
  let now = at(0);
  let elapsed = 0;
  let stats: InstanceStats[] = [];
  const round = createMetrics({
    db: database.db, now: () => now(), instances: measured(() => stats), elapsedMs: () => elapsed,
  }); // prettier-ignore
  const foreign = { ...counters(5, 5), instanceId: newId('instance') };
  for (const [index, cpu] of [0, 5_000_000, 5_500_000].entries()) {
    now = at(index * 10);
    elapsed = index * 10_000;
    stats = [counters(cpu, index * 1000), foreign];
    await round(signal);
    await round(signal); // another worker, or the same one woken twice: no second point
  }
  expect((await points(10)).map(({ cpuMillis, receivedBytes, memoryBytes }) => [cpuMillis, receivedBytes, memoryBytes])).toEqual([
    [500, 1000, 5000], [50, 1000, 5500],
  ]); // prettier-ignore
});

test('coarser steps are the mean, the highest and the sum of finer ones, however often they are made', async () => {
  await rollUpMetrics(database.db, at(30));
  await rollUpMetrics(database.db, at(40), true);
  for (const step of [60, 600, 3600])
    expect((await points(step)).map(({ cpuMillis, memoryBytes, receivedBytes, processes }) => [cpuMillis, memoryBytes, receivedBytes, processes])).toEqual([[275, 5500, 2000, 2]]); // prettier-ignore
});

test('points are forgotten when no window shows them any more, finest first', async () => {
  await forgetOldMetrics(database.db, at(3 * 3600));
  expect([await points(10), await points(60)].map((rows) => rows.length)).toEqual([0, 1]);
  await forgetOldMetrics(database.db, at(40 * 86_400));
  expect(await points(3600)).toEqual([]);
});
