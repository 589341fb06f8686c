import { describe, expect, test } from 'vitest';
import { bytesWords, countWords, durationWords, exactWords, relativeWords } from '#app/ui/time-words.ts';

const now = new Date('2026-11-20T14:02:09.000Z');
const ago = (ms: number): Date => new Date(now.getTime() - ms);

describe('times as people read them', () => {
  test.each([
    [0, '0.0 s'],
    [1_240, '1.2 s'],
    [12_400, '12 s'],
    [60_000, '1 min'],
    [72_000, '1 min 12 s'],
    [7_500_000, '2 h 5 min'],
    [273_600_000, '3 d 4 h'],
    [-5, '0.0 s'],
  ])('a duration of %i ms reads "%s"', (ms, words) => expect(durationWords(ms)).toBe(words));

  test.each([
    [2_000, 'now'],
    [40_000, '40 s ago'],
    [3 * 3_600_000, '3 h ago'],
    [-300_000, 'in 5 min'],
    [29 * 86_400_000, '29 d ago'],
    [31 * 86_400_000, '20 Oct 2026'],
  ])('a moment %i ms ago reads "%s"', (ms, words) => expect(relativeWords(ago(ms), now)).toBe(words));

  test("the exact time does not depend on the reader's place", () =>
    expect(exactWords(now)).toBe('20 Nov 2026, 14:02:09 UTC'));
});

describe('numbers carry their unit', () => {
  test.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [3_328_599_654, '3.1 GiB'],
    [641_728_512, '612 MiB'],
  ])('%i bytes read "%s"', (bytes, words) => expect(bytesWords(bytes)).toBe(words));
  test('one is singular, thousands are grouped', () => {
    expect(countWords(1, 'change')).toBe('1 change');
    expect(countWords(1204, 'request')).toBe('1,204 requests');
  });
});
