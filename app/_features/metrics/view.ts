/** Numbers of the charts as people read them. Pure. */
import type { MetricWindow } from '#server/domain/metrics.ts';
import type { MetricSeries } from '#server/domain/views/metrics.ts';

export const windowWords: Record<MetricWindow, string> = {
  '5m': '5 min',
  '1h': '1 h',
  '6h': '6 h',
  '24h': '24 h',
  '7d': '7 days',
  '30d': '30 days',
};

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
/** "512 B", "1.5 KiB", "640 MiB": three digits at most. */
export function byteWords(bytes: number): string {
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  const text = power === 0 || value >= 100 ? String(Math.round(value)) : String(Math.round(value * 10) / 10);
  return `${text} ${units[power] ?? 'B'}`;
}
export const rateWords = (bytesPerSecond: number): string => `${byteWords(bytesPerSecond)}/s`;
/** Thousandths of a core as cores: "0.25 cores", "0.004 cores". */
export const coreWords = (millis: number): string => {
  const cores = millis / 1000;
  const text = cores >= 10 ? String(Math.round(cores)) : String(Number(cores.toPrecision(2)));
  return `${text} ${text === '1' ? 'core' : 'cores'}`;
};

/** The last value that was measured, or null. */
export const lastValue = (values: readonly (number | null)[]): number | null =>
  values.findLast((value) => value !== null) ?? null;

export interface ChartLine {
  key: string;
  label: string;
  values: readonly (number | null)[];
  /** Gone instances are drawn faint. */
  isFaint: boolean;
}
type Measure =
  'cpuMillis' | 'memoryBytes' | 'receivedPerSecond' | 'sentPerSecond' | 'readPerSecond' | 'writtenPerSecond';
export const linesOf = (series: readonly MetricSeries[], measure: Measure): ChartLine[] =>
  series.map((one) => ({ key: one.key, label: one.label, values: one[measure], isFaint: !one.isRunning }));

/** The lowest memory limit of what runs: the line that a chart must not touch. Null without one. */
export function memoryLimit(series: readonly MetricSeries[]): number | null {
  const limits = series.filter((one) => one.isRunning && one.memoryLimitBytes > 0).map((one) => one.memoryLimitBytes);
  return limits.length === 0 ? null : Math.min(...limits);
}
