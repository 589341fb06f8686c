import { describe, expect, test } from 'vitest';
import {
  emptyState,
  noTraffic,
  withFreeSlots,
  withNewWorker,
  withoutDeployment,
  withPublication,
  withTraffic,
  type EdgeState,
} from '#server/edge/haproxy/model.ts';
import type { Publication, TrafficCount } from '#server/edge/types.ts';

const settings = { responseTimeoutMs: 1, tunnelTimeoutMs: 1, maxConnections: 1, queueLimit: 0 };
const publication = (generation: number, servers: Record<string, string>, deploymentId = 'dep'): Publication => ({
  deploymentId,
  releaseId: `rel_${generation}`,
  generation,
  targets: Object.entries(servers).map(([key, name]) => ({
    key,
    servers: [{ name, address: '10.0.0.1', port: 80 }],
    settings,
    routes: [],
  })),
  notices: [],
});
const traffic = (requests: number, failed = 0): TrafficCount => ({ ...noTraffic, requests, failed });
const nothing = new Map<string, TrafficCount>();
const after = (...publications: Publication[]): EdgeState =>
  publications.reduce((state, each, index) => withPublication(state, each, 1000 * (index + 1), nothing), emptyState());

describe('slots', () => {
  test('what changed gets a free slot and what it had leaves; the rest stays', () => {
    const state = after(publication(1, { web: 'w1', api: 'a1' }), publication(2, { web: 'w2', api: 'a1' }));
    expect(state.deployments['dep']?.slots).toEqual({ web: 'p0003', api: 'p0002' });
    expect(Object.entries(state.slots).map(([slot, use]) => [slot, use.leftAt])).toEqual([['p0001', 2000], ['p0002', null], ['p0003', null]]); // prettier-ignore
  });

  test('a slot that left is not used again before it is given back', () => {
    const left = after(publication(1, { web: 'w1' }), publication(2, { web: 'w2' }));
    expect(withPublication(left, publication(3, { web: 'w3' }), 0, nothing).deployments['dep']?.slots).toEqual({
      web: 'p0003',
    });
    const freed = withFreeSlots(left, ['p0001']);
    expect(withPublication(freed, publication(3, { web: 'w3' }), 0, nothing).deployments['dep']?.slots).toEqual({
      web: 'p0001',
    });
  });

  test('the pool doubles when it is used up, and ends at 10,000', () => {
    const many = (count: number): Publication =>
      publication(1, Object.fromEntries(Array.from({ length: count }, (_, i) => [`c${i}`, `s${i}`])));
    expect(after(many(256)).slotCount).toBe(256);
    expect(after(many(257)).slotCount).toBe(512);
    expect(() => after(many(10_000))).toThrow(expect.objectContaining({ code: 'too_many' }));
  });

  test('a deployment that is withdrawn leaves all its slots', () => {
    const state = withoutDeployment(after(publication(1, { web: 'w', api: 'a' })), 'dep', 5);
    expect(state.deployments).toEqual({});
    expect(Object.values(state.slots).map(({ leftAt }) => leftAt)).toEqual([5, 5]);
  });

  test('a new process has the slots in force only', () => {
    const state = withNewWorker(after(publication(1, { web: 'w1' }), publication(2, { web: 'w2' })), '77-1');
    expect([state.worker, Object.keys(state.slots)]).toEqual(['77-1', ['p0002']]);
  });
});

describe('counts', () => {
  const counts = (state: EdgeState): number | undefined => state.deployments['dep']?.counts['web']?.requests;

  test('grow by what HAProxy counted since the last time, over slots and processes', () => {
    let state = withTraffic(after(publication(1, { web: 'w1' })), new Map([['p0001', traffic(10)]]));
    state = withTraffic(state, new Map([['p0001', traffic(15)]]));
    expect(counts(state)).toBe(15);
    state = withPublication(state, publication(2, { web: 'w2' }), 0, nothing);
    state = withTraffic(state, new Map([['p0001', traffic(16)], ['p0002', traffic(4)]])); // prettier-ignore
    expect(counts(state)).toBe(20);
    state = withTraffic(withNewWorker(state, 'next'), new Map([['p0002', traffic(3)]]));
    expect(counts(state)).toBe(23);
  });

  test('begin at what the slot had counted for others', () => {
    const used = new Map([['p0001', traffic(1000, 9)]]);
    const state = withPublication(emptyState(), publication(1, { web: 'w1' }), 0, used);
    expect(withTraffic(state, new Map([['p0001', traffic(1002, 10)]])).deployments['dep']?.counts['web']).toEqual(
      traffic(2, 1),
    );
  });
});
