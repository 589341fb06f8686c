/** Workers that die while an instance is replaced by the one that must not run beside it. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '#server/db/testing.ts';
import { newId } from '#server/ids.ts';
import { faultPoints, InjectedCrash } from '#server/release/fault.ts';
import { checkPromises } from '#server/release/promises.ts';
import { createSwapBench, type SwapBench } from '#server/release/swap-bench.ts';
import { abortRelease } from '#server/usecases/abort-release.ts';

let database: TestDatabase;
let bench: SwapBench;
beforeAll(async () => {
  database = await createTestDatabase(inject('pgAdminUrl'));
});
afterAll(() => database.close());
beforeEach(async () => {
  bench = await createSwapBench(database);
});
afterEach(() => bench.close());

const swapPoints = faultPoints.filter((point) => point.startsWith('swap.') && !point.startsWith('swap.undo'));
describe.each(swapPoints)('a worker that dies at %s', (point) => {
  test('is followed by one that finishes the swap, with never two instances at once', async () => {
    await bench.deploy();
    const id = await bench.request();
    await expect(bench.settle(bench.doomed(point))).rejects.toThrow(InjectedCrash);
    const waiting = bench.edge.arrive(bench.host);
    await bench.settle(bench.worker('heir'));
    expect(await bench.release(id)).toMatchObject({ state: 'live', report: { failedRequests: 0 } });
    expect(await waiting).toMatchObject({ kind: 'server' });
    expect(bench.running()).toHaveLength(1);
    expect(bench.doubles).toEqual([]);
    expect(await checkPromises(bench)).toEqual([]);
  });

  test('is followed by one that takes the swap back when it was aborted meanwhile', async () => {
    await bench.deploy();
    const [old] = bench.running();
    const id = await bench.request();
    await expect(bench.settle(bench.doomed(point))).rejects.toThrow(InjectedCrash);
    await abortRelease(bench.ctx, { releaseId: id });
    await bench.settle(bench.worker('heir'));
    expect(await bench.release(id)).toMatchObject({ state: 'aborted' });
    expect(bench.running()).toEqual([old]);
    expect(bench.edge.request(bench.host)).toMatchObject({ kind: 'server', server: old });
    expect(bench.doubles).toEqual([]);
    expect(await checkPromises(bench)).toEqual([]);
  });
});

test.each(['swap.undo_removed', 'swap.undo_started', 'undo.before_remove', 'undo.before_commit'] as const)(
  'a worker that dies at %s while a swap is taken back is followed by one that ends it',
  async (point) => {
    await bench.deploy();
    const [old] = bench.running();
    bench.behave((spec) => spec.id !== old, { exit: { afterMs: 10, code: 3 }, ports: [] });
    const id = await bench.request();
    await expect(bench.settle(bench.doomed(point))).rejects.toThrow(InjectedCrash);
    await bench.settle(bench.worker('heir'));
    expect(await bench.release(id)).toMatchObject({ state: 'failed', failure: { code: 'exited' } });
    expect(bench.running()).toEqual([old]);
    expect(bench.doubles).toEqual([]);
    expect(await checkPromises(bench)).toEqual([]);
  },
);

test('a worker that lost its lease cannot start the new instance beside the old one that its successor brought back', async () => {
  await bench.deploy();
  const id = await bench.request();
  await expect(bench.settle(bench.doomed('swap.after_stop'))).rejects.toThrow(InjectedCrash);
  const stale = bench.engine.region({ scope: id, number: (await bench.release(id)).fence });
  await abortRelease(bench.ctx, { releaseId: id });
  await bench.settle(bench.worker('heir'));
  const [spec] = bench.region.runtime.specs();
  if (!spec) throw new Error('nothing runs');
  const late = stale.instances.start({ ...spec, id: newId('instance') }, new AbortController().signal);
  await expect(late).rejects.toMatchObject({ code: 'fenced' });
  expect(bench.running()).toHaveLength(1);
});
