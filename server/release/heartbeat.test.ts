/** A worker that the database does not answer: it lets go before its lease ends, and its machine hears nothing more of it. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { scaledTimes } from '#server/config.ts';
import type { Db } from '#server/db/client.ts';
import { createTestDatabase, type TestDatabase } from '#server/db/testing.ts';
import { advanceRelease } from '#server/release/advance.ts';
import { type Bench, createBench } from '#server/release/bench.ts';
import { checkPromises } from '#server/release/promises.ts';
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

/** A database of which every statement hangs once the switch is thrown. */
function hanging(db: Db): { db: Db; cut: () => void } {
  let isCut = false;
  const through = new Proxy(db, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown =>
        isCut ? pending : (value as (...given: unknown[]) => unknown).apply(target, args);
    },
  });
  return { db: through, cut: () => (isCut = true) };
}
/** Stands for a statement and for each part of a builder: awaiting it never ends. */
const pending: unknown = new Proxy(() => undefined, {
  get: (_target, name) => (name === 'then' ? () => undefined : () => pending),
  apply: () => pending,
});

test('a worker whose statements hang lets go before its lease ends, and the next one finishes', async () => {
  const { deploymentId } = bench.made;
  const { releaseId } = await requestRelease(bench.ctx, { deploymentId, kind: 'deploy', draftRevision: 1 });
  await bench.claim();
  const { db, cut } = hanging(database.db);
  const times = { ...scaledTimes(1), lease: 400, heartbeat: 100 };
  const calls: string[] = [];
  const worker = bench.worker('cut-off', {
    db,
    times,
    fault: (point) => {
      if (point === 'starting.after_rows') cut();
      calls.push(point);
    },
  });
  const began = performance.now();
  expect(await advanceRelease(worker, releaseId, new AbortController().signal)).toBe('cut');
  expect(performance.now() - began).toBeLessThan(times.lease + 2000);
  const after = calls.length;
  await bench.settle(bench.worker('heir'));
  expect(calls).toHaveLength(after);
  expect(await bench.release(releaseId)).toMatchObject({ state: 'live', failure: null });
  expect(await checkPromises(bench)).toEqual([]);
});
