import type { MetricWindow } from '#server/domain/metrics.ts';

/** One line on the charts. The arrays have a value per entry of `times`; null where nothing was measured. */
export interface MetricSeries {
  key: string;
  componentId: string;
  /** `web`, or `web 1` for its first instance. */
  label: string;
  /** False for an instance that is gone. */
  isRunning: boolean;
  cpuMillis: (number | null)[];
  memoryBytes: (number | null)[];
  memoryLimitBytes: number;
  receivedPerSecond: (number | null)[];
  sentPerSecond: (number | null)[];
  readPerSecond: (number | null)[];
  writtenPerSecond: (number | null)[];
}
export interface MetricMarker {
  /** Unix seconds. */
  at: number;
  kind: 'release' | 'crash' | 'restart';
  label: string;
}
export interface MetricsView {
  window: MetricWindow;
  stepSeconds: number;
  /** Unix seconds, evenly spaced, the same for every series. */
  times: number[];
  series: MetricSeries[];
  markers: MetricMarker[];
}
