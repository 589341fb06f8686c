import { expect, test } from 'vitest';
import { deploymentStatus } from '#server/domain/status.ts';
import { volumeStatus } from '#server/domain/volume-status.ts';

const gib = 1024 ** 3;
const at = new Date('2026-01-01T12:00:00Z');
const volume = (usedBytes: number | null, capacityBytes: number | null = 10 * gib) => ({
  id: 'vol_1', name: 'data', component: 'db', usedBytes, capacityBytes, observedAt: at,
}); // prettier-ignore

test.each([
  [volume(3.1 * gib), 'green', '3.1 of 10 GiB'],
  [volume(8.6 * gib), 'yellow', 'fills up: 8.6 of 10 GiB'],
  [volume(9.8 * gib), 'red', 'is full: 9.8 of 10 GiB'],
  [volume(12 * gib, null), 'green', '12 GiB, size not enforced'],
  [volume(null), 'green', 'not measured yet'],
] as const)('%o is %s', (fact, colour, cause) => {
  expect(volumeStatus(fact)).toMatchObject({ colour, cause, name: 'db/data' });
});

test('a full volume makes a deployment that serves need attention, and says which', () => {
  const release = { number: 1, state: 'live' as const, since: at, failure: null };
  const facts = { now: at, power: 'running' as const, live: release, newest: null, components: [], instances: [] };
  expect(deploymentStatus({ ...facts, volumes: [volume(9.9 * gib)] })).toMatchObject({
    colour: 'red',
    cause: 'Needs attention: db/data is full: 9.9 of 10 GiB',
  });
  expect(deploymentStatus(facts).children.map((node) => node.id)).toEqual(['builds', 'containers']);
});
