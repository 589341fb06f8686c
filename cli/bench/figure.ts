/** What a benchmark measures: samples, and those of its reference from the same run, because machines are noisy and ratios count. */
export interface Figure {
  name: string;
  unit: 'ms' | 's' | 'MB' | 'requests/s';
  samples: readonly number[];
  /** The reference's samples, taken alternately with ours. */
  reference?: readonly number[];
  /** What the pair is judged by. */
  judged: 'value' | 'p95' | 'difference' | 'ratio';
  note?: string;
}
/** `at-most` or `at-least` the number, in the figure's unit (a ratio has none). */
export type Goal = { kind: 'at-most' | 'at-least'; value: number };

export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2;
}

/** What 95 of 100 samples do not exceed. */
export function p95(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * 0.95) - 1)] ?? Number.NaN;
}

/** The number that the goal is about. */
export function judgedValue(figure: Figure): number {
  if (figure.judged === 'p95') return p95(figure.samples);
  const ours = median(figure.samples);
  if (figure.judged === 'value') return ours;
  const theirs = median(figure.reference ?? []);
  return figure.judged === 'difference' ? ours - theirs : ours / theirs;
}

export const meets = (value: number, goal: Goal): boolean =>
  goal.kind === 'at-most' ? value <= goal.value : value >= goal.value;

const round = (value: number): number => (Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
const spread = (samples: readonly number[]): string =>
  samples.length < 2 ? '' : ` [${round(Math.min(...samples))}–${round(Math.max(...samples))}, n=${samples.length}]`;

/** One line: median, spread, reference, and the judged number against its goal. */
export function describeFigure(figure: Figure, goal: Goal | undefined): string {
  const parts = [`${figure.name}: ${round(median(figure.samples))} ${figure.unit}${spread(figure.samples)}`];
  if (figure.reference)
    parts.push(`reference ${round(median(figure.reference))} ${figure.unit}${spread(figure.reference)}`);
  const value = judgedValue(figure);
  if (figure.judged !== 'value') parts.push(`${figure.judged} ${round(value)}`);
  if (goal) parts.push(`goal ${goal.kind.replace('-', ' ')} ${goal.value}: ${meets(value, goal) ? 'met' : 'missed'}`);
  if (figure.note) parts.push(figure.note);
  return parts.join(' · ');
}
