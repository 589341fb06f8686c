import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { and, eq } from 'drizzle-orm';
import { instances } from '#server/db/schema/instances.ts';
import { releases } from '#server/db/schema/releases.ts';
import { createTestDatabase, type TestDatabase } from '#server/db/testing.ts';
import { replaceCrashedInstances } from '#server/db/system/crashed-instances.ts';
import { replacementDue } from '#server/domain/crashes.ts';
import { createBench } from '#server/release/bench.ts';
import { checkPromises } from '#server/release/promises.ts';
import { requestRelease } from '#server/usecases/request-release.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase(inject('pgAdminUrl'));
});
afterAll(() => database.close());

test('an instance that crashed and is steady again is replaced by a fresh one, seldom, and nothing else happens', async () => {
  const bench = await createBench(database);
  const { deploymentId } = bench.made;
  const { releaseId } = await requestRelease(bench.ctx, { deploymentId, kind: 'deploy', draftRevision: 1 });
  await bench.settle();
  const [crashed] = bench.region.runtime.runningIds();
  if (crashed === undefined) throw new Error('nothing runs');
  const replace = (): Promise<number> => replaceCrashedInstances(database.db, bench.engine.now);
  const seen = async (id: string, secondsAgo: number): Promise<void> => {
    const startedAt = new Date(bench.time.steps.now().getTime() - secondsAgo * 1000).toISOString();
    const observed = { phase: 'running', startedAt, finishedAt: null, exitCode: null, outOfMemory: false, restarts: 1 } as const; // prettier-ignore
    await database.db.update(instances).set({ observed, restarts: 1 }).where(eq(instances.id, id));
  };
  expect(await replace()).toBe(0);
  await seen(crashed, 2);
  expect(await replace()).toBe(0);
  await seen(crashed, 11);
  expect(await replace()).toBe(1);
  expect(await replace()).toBe(0); // one works on it already
  await bench.settle();
  const [fresh = ''] = bench.region.runtime.runningIds();
  expect(fresh).not.toBe(crashed);
  expect(bench.edge.request(bench.host)).toMatchObject({ kind: 'server', server: fresh, release: releaseId });
  expect(await bench.release(releaseId)).toMatchObject({ state: 'live' });
  await database.db
    .update(releases)
    .set({ createdAt: bench.time.steps.now() })
    .where(and(eq(releases.deploymentId, deploymentId), eq(releases.kind, 'reschedule')));
  await seen(fresh, 11);
  expect(await replace()).toBe(0); // too soon after the last one
  expect(await checkPromises(bench)).toEqual([]);
  await bench.close();
});

test('the pause between two replacements doubles up to half an hour', () => {
  expect(replacementDue(0, 0)).toBe(true);
  expect([replacementDue(1, 29_000), replacementDue(1, 30_000)]).toEqual([false, true]);
  expect([replacementDue(3, 119_000), replacementDue(3, 120_000)]).toEqual([false, true]);
  expect([replacementDue(40, 1_799_000), replacementDue(40, 1_800_000)]).toEqual([false, true]);
});
