import { expect, test } from 'vitest';
import { laneGroups, laneSentence, waitSentence } from '#app/_features/queue/view.ts';
import type { QueueEntry } from '#server/domain/views/queue.ts';

const entry = (releaseId: string, lane: QueueEntry['lane'], position: number | null): QueueEntry => ({
  releaseId, lane, position, number: 1, kind: 'deploy', state: position === null ? 'building' : 'queued', heldReason: null, projectSlug: 'p',
  waits: position === null ? null : { kind: 'slot', ahead: position - 1 }, canAbort: true, projectName: 'p', deploymentSlug: 'd', deploymentName: 'd', regionSlug: 'r', since: new Date(0),
}); // prettier-ignore

test('what runs stands before what waits, lane by lane', () =>
  expect(
    laneGroups([
      entry('c', 'build', 2),
      entry('b', 'build', 1),
      entry('r', 'rollout', null),
      entry('a', 'build', null),
    ]).map((group) => [group.lane, ...group.entries.map((item) => item.releaseId)]),
  ).toEqual([
    ['build', 'a', 'b', 'c'],
    ['rollout', 'r'],
  ]));

test('a held entry stands behind what is queued', () => {
  const held: QueueEntry = {
    ...entry('h', 'build', null),
    state: 'held',
    waits: { kind: 'held', reason: 'It is held.' },
  };
  expect(laneGroups([held, entry('b', 'build', 7)])[0]?.entries.map((item) => item.releaseId)).toEqual(['b', 'h']);
});

test('every reason to wait is a sentence', () =>
  expect(
    [
      { kind: 'slot', ahead: 0 } as const,
      { kind: 'slot', ahead: 3 } as const,
      { kind: 'deployment', number: 12, releaseKind: 'deploy' } as const,
      { kind: 'deployment', number: null, releaseKind: 'restart' } as const,
      { kind: 'organization', running: 3, limit: 3 } as const,
      { kind: 'held', reason: 'The machine has no memory left.' } as const,
    ].map(waitSentence),
  ).toEqual([
    'Next: waits for a free slot',
    'Waits for a slot, 3 before it',
    'Waits for release 12 of the same deployment',
    'Waits for the restart of the same deployment',
    'Waits for one of your own: 3 of at most 3 run',
    'The machine has no memory left.',
  ]));

test('other organizations are a number', () => {
  const lanes = { build: { slots: 2, running: 2, waiting: 5 }, rollout: { slots: 4, running: 0, waiting: 0 } };
  const region = { slug: 'r', name: 'Here', lanes, limit: 3 };
  expect(laneSentence(region, 'build', [entry('a', 'build', null), entry('b', 'build', 4)])).toBe(
    'Here: 2 of 2 slots in use, 4 of other organizations waiting',
  );
  expect(laneSentence(region, 'rollout', [])).toBe('Here: 0 of 4 slots in use');
});
