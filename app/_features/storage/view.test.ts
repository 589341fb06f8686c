import { expect, test } from 'vitest';
import {
  deleteProblem,
  fullnessTone,
  jobWords,
  scheduleWords,
  sizeWords,
  usageWords,
} from '#app/_features/storage/view.ts';

const gib = 1024 ** 3;
test('sizes read with a unit and three digits at most', () => {
  expect([0, 512, 1536, 3.1 * gib, 10 * gib, 640 * 1024 ** 2].map(sizeWords)).toEqual([
    '0 B',
    '512 B',
    '1.5 KiB',
    '3.1 GiB',
    '10 GiB',
    '640 MiB',
  ]);
});
test('a volume says what is used of it, and when its size is only a wish', () => {
  const volume = { usedBytes: gib, sizeBytes: 10 * gib, isEnforced: true };
  expect(usageWords(volume)).toBe('1 GiB used of 10 GiB');
  expect(usageWords({ ...volume, isEnforced: false })).toBe('1 GiB used, size not enforced');
  expect(usageWords({ ...volume, usedBytes: null })).toBe('not measured yet of 10 GiB');
});
test('a volume that fills up is an issue, and a full one needs attention', () => {
  const tone = (used: number | null) => fullnessTone({ usedBytes: used, sizeBytes: 100 });
  expect([null, 10, 85, 95, 200].map(tone)).toEqual(['unknown', 'green', 'yellow', 'red', 'red']);
});
test('a mounted volume says who mounts it, another one can go', () => {
  const component = { id: 'cmp_1', name: 'db' };
  expect(deleteProblem({ isMounted: true, component })).toContain('db mounts it');
  expect(deleteProblem({ isMounted: false, component })).toBeNull();
});
test('what happened to the data reads as a sentence', () => {
  const job = { kind: 'dump', state: 'done', sizeBytes: 2048, failure: null, startedBy: 'person' } as const;
  expect(jobWords(job)).toBe('Dump, 2 KiB');
  expect(jobWords({ ...job, startedBy: 'schedule', state: 'running' })).toBe('Scheduled dump in progress');
  expect(jobWords({ ...job, kind: 'restore', state: 'failed', failure: 'exit code 1' })).toBe(
    'Restore failed: exit code 1',
  );
});
test('a schedule reads as how often, and how many stay', () => {
  const nextAt = new Date();
  expect(scheduleWords(null)).toBe('only by hand');
  expect(scheduleWords({ everyHours: 24, keep: 7, nextAt })).toBe('every day, the newest 7 are kept');
  expect(scheduleWords({ everyHours: 168, keep: 1, nextAt })).toBe('every 7 days, the newest 1 is kept');
  expect(scheduleWords({ everyHours: 6, keep: 2, nextAt })).toBe('every 6 hours, the newest 2 are kept');
});
