import { expect, test } from 'vitest';
import { timelineLines } from '#app/_features/deployment/timeline-view.ts';
import type { TimelineEntry } from '#server/domain/views/releases.ts';

let seq = 0;
const entry = (kind: string, data: Record<string, unknown> = {}, releaseId: string | null = 'rel_1'): TimelineEntry => ({
  seq: (seq += 1), at: new Date(0), kind, releaseId, instanceId: null, actor: null, data,
}); // prettier-ignore

test('a release that ended shows its end only', () =>
  expect(
    timelineLines([
      entry('release.live', { number: 42 }),
      entry('release.switching', { number: 42 }),
      entry('release.queued', { number: 42 }),
    ]).map((line) => `${line.text} ${line.href ?? ''}`),
  ).toEqual(['Release 42 live /releases/42']));
test('one that waits shows its request', () =>
  expect(timelineLines([entry('release.queued', { number: 43 })]).map((line) => line.text)).toEqual([
    'Release 43 requested',
  ]));
test('operations have a name instead of a number', () =>
  expect(
    timelineLines([entry('release.live', { kind: 'restart' })]).map((line) => `${line.text} ${line.href ?? ''}`),
  ).toEqual(['Restart done /releases/rel_1']));
test('an event that nobody described still reads as words', () =>
  expect(timelineLines([entry('edge.ejected', { name: 'web-2' }, null)])[0]?.text).toBe('Edge ejected: web-2'));
