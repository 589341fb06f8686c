import { expect, test } from 'vitest';
import { byteWords, coreWords, lastValue, linesOf, memoryLimit } from '#app/_features/metrics/view.ts';
import type { MetricSeries } from '#server/domain/views/metrics.ts';

test.each([
  [0, '0 B'], [0.4, '0 B'], [1023, '1023 B'], [1536, '1.5 KiB'], [104_857_600, '100 MiB'], [5e15, '4547 TiB'],
])('%d bytes read as %s', (bytes, words) => expect(byteWords(bytes)).toBe(words)); // prettier-ignore

test.each([
  [0, '0 cores'],
  [4, '0.004 cores'],
  [250, '0.25 cores'],
  [1500, '1.5 cores'],
  [64_000, '64 cores'],
])('%d thousandths read as %s', (millis, words) => expect(coreWords(millis)).toBe(words));

const series = (key: string, isRunning: boolean, memoryLimitBytes: number): MetricSeries => ({
  key, componentId: 'c', label: key, isRunning, cpuMillis: [1, null], memoryBytes: [], memoryLimitBytes, receivedPerSecond: [], sentPerSecond: [],
  readPerSecond: [], writtenPerSecond: [],
}); // prettier-ignore

test('what is gone is faint and its limit does not count', () => {
  const all = [series('a', true, 512), series('b', false, 64)];
  expect(linesOf(all, 'cpuMillis').map((line) => line.isFaint)).toEqual([false, true]);
  expect(memoryLimit(all)).toBe(512);
  expect(memoryLimit([])).toBeNull();
  expect(lastValue([1, 2, null])).toBe(2);
});
