import { expect, test } from 'vitest';
import { type CounterSample, keptSeconds, metricSteps, ratesBetween, windowRules } from '#server/domain/metrics.ts';

const at = (atMs: number, cpuMicros: number, bytes = 0): CounterSample => ({
  atMs, cpuMicros, receivedBytes: bytes, sentBytes: bytes, readBytes: bytes, writtenBytes: bytes,
}); // prettier-ignore

test('a core in full for ten seconds is a thousand thousandths', () => {
  expect(ratesBetween(at(0, 1_000_000), at(10_000, 11_000_000))?.cpuMillis).toBe(1000);
});

test('a counter that started anew counts from its start, never below nothing', () => {
  expect(ratesBetween(at(0, 9_000_000, 500), at(10_000, 100_000, 700))).toEqual({ cpuMillis: 10, receivedBytes: 700, sentBytes: 700, readBytes: 700, writtenBytes: 700 }); // prettier-ignore
  expect(ratesBetween(at(0, 100, 500), at(10_000, 200, 20))?.sentBytes).toBe(20);
});

test('no time between two samples is no rate', () => {
  expect(ratesBetween(at(5, 1), at(5, 2))).toBeNull();
});

test('every step is kept for as long as a window shows it, and no window has more than 1,500 points', () => {
  for (const rule of Object.values(windowRules)) {
    expect(keptSeconds(rule.step)).toBeGreaterThan(rule.seconds);
    expect(rule.seconds / rule.step).toBeLessThanOrEqual(1500);
  }
  for (const [index, step] of metricSteps.entries())
    if (index > 0) expect(step % (metricSteps[index - 1] ?? 1)).toBe(0);
});
