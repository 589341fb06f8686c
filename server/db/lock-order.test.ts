/** Requests, claims and aborts of one deployment at the same moment: rows are locked before events, so that none waits in a circle. */
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '#server/db/testing.ts';
import { AppError } from '#server/errors.ts';
import { createBench } from '#server/release/bench.ts';
import { abortRelease } from '#server/usecases/abort-release.ts';
import { requestRelease } from '#server/usecases/request-release.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase(inject('pgAdminUrl'));
});
afterAll(() => database.close());

const unlessRefused = (work: Promise<unknown>): Promise<unknown> =>
  work.catch((error: unknown) => {
    if (!(error instanceof AppError)) throw error;
  });

test('pushes, claims and aborts side by side never end in a deadlock', async () => {
  const bench = await createBench(database);
  const { deploymentId } = bench.made;
  const push = () => requestRelease(bench.ctx, { deploymentId, kind: 'deploy', trigger: { by: 'push', ref: 'main' } });
  for (let round = 0; round < 4; round += 1) {
    const { releaseId } = await push();
    const all = [push(), bench.claim(), push(), bench.claim(), abortRelease(bench.ctx, { releaseId })];
    await Promise.all(all.map(unlessRefused));
    await bench.settle();
  }
  expect(bench.edge.history.length).toBeGreaterThan(0);
  await bench.close();
}, 60_000);
