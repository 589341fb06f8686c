/** Measures every running instance each 10 s: counters of the engine become rates, written as points. */
import type { Db } from '#server/db/client.ts';
import type { DatabaseNow } from '#server/db/now.ts';
import { addMetricPoints, forgetOldMetrics, type MeasuredInstance, rollUpMetrics } from '#server/db/system/metrics.ts';
import { type CounterSample, ratesBetween } from '#server/domain/metrics.ts';
import type { InstanceDriver } from '#server/runtime/types.ts';

export interface MetricsDeps {
  db: Db;
  now: DatabaseNow;
  instances: InstanceDriver;
  /** Milliseconds of a clock that only goes forward. */
  elapsedMs: () => number;
}
/** Rounds until the coarser steps are made again. */
const rollUpRounds = 6;

/** One round per call. Its state is what was counted last, so the first round after a start measures nothing. */
export function createMetrics(deps: MetricsDeps): (signal: AbortSignal) => Promise<void> {
  let last = new Map<string, CounterSample>();
  let rounds = 0;
  return async (signal) => {
    const stats = await deps.instances.stats(signal);
    const atMs = deps.elapsedMs();
    const samples = new Map(stats.map((one) => [one.instanceId, { atMs, ...one }]));
    const measured: MeasuredInstance[] = [];
    for (const [instanceId, sample] of samples) {
      const before = last.get(instanceId);
      const rates = before && ratesBetween(before, sample);
      const { memoryBytes, memoryLimitBytes, processes } = sample;
      if (rates) measured.push({ instanceId, memoryBytes, memoryLimitBytes, processes, ...rates });
    }
    last = samples;
    await addMetricPoints(deps.db, deps.now, measured);
    if (rounds % rollUpRounds === 0) {
      await rollUpMetrics(deps.db, deps.now, rounds === 0);
      await forgetOldMetrics(deps.db, deps.now);
    }
    rounds += 1;
  };
}
