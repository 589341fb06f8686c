import { expect, test } from 'vitest';
import { laneGroups } from '#app/_features/queue/view.ts';
import type { QueueEntry } from '#server/domain/views/releases.ts';

const entry = (releaseId: string, lane: QueueEntry['lane'], position: number | null): QueueEntry => ({
  releaseId, lane, position, number: 1, kind: 'deploy', state: position === null ? 'building' : 'queued', heldReason: null, projectSlug: 'p',
  projectName: 'p', deploymentSlug: 'd', deploymentName: 'd', regionSlug: 'r', since: new Date(0),
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
