import { expect, test } from 'vitest';
import { describeFigure, judgedValue, median, meets, p95, type Figure } from '#cli/bench/figure.ts';

const figure: Figure = { name: 'x', unit: 'ms', samples: [30, 10, 20], reference: [8, 12], judged: 'difference' };

test('the median of an even number of samples is the middle of the two', () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
});

test.each([
  ['value', 20],
  ['difference', 10],
  ['ratio', 2],
] as const)('a figure judged by %s compares medians', (judged, expected) => {
  expect(judgedValue({ ...figure, judged })).toBe(expected);
});

test('a goal is met at its own number and missed beyond it', () => {
  expect([meets(10, { kind: 'at-most', value: 10 }), meets(11, { kind: 'at-most', value: 10 })]).toEqual([true, false]);
  expect([meets(0.95, { kind: 'at-least', value: 0.95 }), meets(0.9, { kind: 'at-least', value: 0.95 })]).toEqual([
    true,
    false,
  ]);
});

test('the line shows median, spread, reference and verdict', () => {
  expect(describeFigure(figure, { kind: 'at-most', value: 5 })).toBe(
    'x: 20 ms [10–30, n=3] · reference 10 ms [8–12, n=2] · difference 10 · goal at most 5: missed',
  );
});

test('a figure judged by its p95 is the sample that 95 of 100 do not exceed', () => {
  const samples = Array.from({ length: 100 }, (_entry, index) => index + 1);
  expect([p95(samples), p95([7]), judgedValue({ ...figure, samples, judged: 'p95' })]).toEqual([95, 7, 95]);
});
