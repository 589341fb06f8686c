/** Windows of the metrics page: how far back, at which step, and how long each step is kept. Pure. */
export const metricWindows = ['5m', '1h', '6h', '24h', '7d', '30d'] as const;
export type MetricWindow = (typeof metricWindows)[number];

/** Steps in seconds, finest first. Each is made from the one before. */
export const metricSteps = [10, 60, 600, 3600] as const;
export type MetricStep = (typeof metricSteps)[number];

interface WindowRule {
  seconds: number;
  step: MetricStep;
  /** One line per instance, or the sum of a component's: over days instances come and go. */
  by: 'instance' | 'component';
}
export const windowRules: Record<MetricWindow, WindowRule> = {
  '5m': { seconds: 300, step: 10, by: 'instance' },
  '1h': { seconds: 3600, step: 10, by: 'instance' },
  '6h': { seconds: 6 * 3600, step: 60, by: 'instance' },
  '24h': { seconds: 86_400, step: 60, by: 'component' },
  '7d': { seconds: 7 * 86_400, step: 600, by: 'component' },
  '30d': { seconds: 30 * 86_400, step: 3600, by: 'component' },
};
/** How long points of a step are kept, in seconds: its longest window and an hour. */
export const keptSeconds = (step: MetricStep): number =>
  Math.max(...Object.values(windowRules).map((rule) => (rule.step === step ? rule.seconds : 0))) + 3600;

/** Cumulative counters of one instance at a moment, in milliseconds of a clock that only goes forward. */
export interface CounterSample {
  atMs: number;
  cpuMicros: number;
  receivedBytes: number;
  sentBytes: number;
  readBytes: number;
  writtenBytes: number;
}
export interface CounterRates {
  cpuMillis: number;
  receivedBytes: number;
  sentBytes: number;
  readBytes: number;
  writtenBytes: number;
}
/**
 * What happened between two samples: mean CPU in thousandths of a core, bytes as sums. A counter that went back started
 * anew with its container, so its value is what happened since. Null without a time between them.
 */
export function ratesBetween(before: CounterSample, after: CounterSample): CounterRates | null {
  const ms = after.atMs - before.atMs;
  if (ms <= 0) return null;
  const isAnew = after.cpuMicros < before.cpuMicros;
  const since = (name: Exclude<keyof CounterSample, 'atMs'>): number =>
    isAnew || after[name] < before[name] ? after[name] : after[name] - before[name];
  return {
    cpuMillis: since('cpuMicros') / ms,
    receivedBytes: since('receivedBytes'),
    sentBytes: since('sentBytes'),
    readBytes: since('readBytes'),
    writtenBytes: since('writtenBytes'),
  };
}
