import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { eq } from 'drizzle-orm';
import { instances } from '#server/db/schema/instances.ts';
import { createTestDatabase, type TestDatabase } from '#server/db/testing.ts';
import { replaceLostInstances } from '#server/db/system/lost-instances.ts';
import { createBench } from '#server/release/bench.ts';
import { checkPromises } from '#server/release/promises.ts';
import { missingState } from '#server/runtime/types.ts';
import { requestRelease } from '#server/usecases/request-release.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase(inject('pgAdminUrl'));
});
afterAll(() => database.close());

test('an instance that the engine lost is replaced by a fresh one, and the release stays live', async () => {
  const bench = await createBench(database);
  const { deploymentId } = bench.made;
  const { releaseId } = await requestRelease(bench.ctx, { deploymentId, kind: 'deploy', draftRevision: 1 });
  await bench.settle();
  const [lost] = bench.region.runtime.runningIds();
  if (lost === undefined) throw new Error('nothing runs');
  expect(await replaceLostInstances(database.db)).toBe(0);
  await bench.region.region.instances.remove(lost, new AbortController().signal);
  await database.db.update(instances).set({ observed: missingState }).where(eq(instances.id, lost));

  expect(await replaceLostInstances(database.db)).toBe(1);
  expect(await replaceLostInstances(database.db)).toBe(0); // one works on it already
  await bench.settle();
  expect(bench.region.runtime.runningIds()).not.toContain(lost);
  expect(bench.edge.request(bench.host)).toMatchObject({ kind: 'server', release: releaseId });
  expect(await bench.release(releaseId)).toMatchObject({ state: 'live' });
  expect(await replaceLostInstances(database.db)).toBe(0);
  expect(await checkPromises(bench)).toEqual([]);
  await bench.close();
});
