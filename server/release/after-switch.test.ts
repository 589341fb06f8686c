/** Workers that start after the switch, and hand-overs that are refused. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '#server/db/testing.ts';
import type { EdgeAnswer } from '#server/edge/fake.ts';
import { InjectedCrash } from '#server/release/fault.ts';
import { checkPromises } from '#server/release/promises.ts';
import { createSwapBench, type SwapBench } from '#server/release/swap-bench.ts';

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

describe('a worker that starts after the switch', () => {
  test('starts once the routes lead to the release, and the old one runs until then', async () => {
    await bench.configure({});
    const worker = await bench.addComponent('worker', 'worker', { handOver: 'after-switch' });
    await bench.deploy();
    const old = bench.running(worker);
    let atSwitch: string[] | null = null;
    let routed: EdgeAnswer | null = null;
    const engine = bench.worker('worker-2', {
      fault: (point) => {
        if (point === 'switching.before_ack') atSwitch = bench.running(worker);
        if (point === 'last.after_start') routed = bench.edge.request(bench.host);
      },
    });
    const id = await bench.deploy(engine);
    expect(atSwitch).toEqual(old);
    expect(routed).toMatchObject({ kind: 'server', release: id });
    expect(await bench.release(id)).toMatchObject({ state: 'live' });
    expect(bench.running(worker)).toHaveLength(1);
    expect(bench.running(worker)).not.toEqual(old);
    expect(await checkPromises(bench)).toEqual([]);
  });

  test('and does not stay up fails the release: the previous routes come back', async () => {
    await bench.configure({});
    const worker = await bench.addComponent('worker', 'worker', { handOver: 'after-switch' });
    const first = await bench.deploy();
    const before = new Set(bench.region.runtime.runningIds());
    bench.behave((spec) => spec.componentId === worker, { exit: { afterMs: 100, code: 4 } });
    const id = await bench.deploy();
    expect(await bench.release(id)).toMatchObject({
      state: 'failed',
      failure: { code: 'exited', componentId: worker },
    });
    expect(bench.edge.request(bench.host)).toMatchObject({ kind: 'server', release: first });
    expect(new Set(bench.region.runtime.runningIds())).toEqual(before);
    expect(await checkPromises(bench)).toEqual([]);
  });

  test('is adopted by the next worker when the first one dies', async () => {
    await bench.configure({});
    const worker = await bench.addComponent('worker', 'worker', { handOver: 'after-switch' });
    await bench.deploy();
    const id = await bench.request();
    await expect(bench.settle(bench.doomed('last.after_start'))).rejects.toThrow(InjectedCrash); // prettier-ignore
    const [started] = bench.running(worker).slice(-1);
    await bench.settle(bench.worker('heir'));
    expect(await bench.release(id)).toMatchObject({ state: 'live' });
    expect(bench.running(worker)).toEqual([started]);
    expect(await checkPromises(bench)).toEqual([]);
  });
});

test.each([
  ['after-switch', 1, 'Only a worker'],
  ['single', 2, 'One at a time means one instance'],
] as const)(
  'the hand-over %s of a web component with %i instances is refused with the reason',
  async (handOver, instances, message) => {
    // prettier-ignore
    await bench.configure({ handOver, instances });
    await expect(bench.request()).rejects.toMatchObject({ code: 'bad_input', message: expect.stringContaining(message) as string }); // prettier-ignore
  },
);
