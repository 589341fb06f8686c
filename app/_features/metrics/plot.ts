/** One uPlot chart: lines over time, a dashed limit, and vertical marks of what happened. */
import type uPlot from 'uplot';
import type { ChartLine } from '#app/_features/metrics/view.ts';
import type { MetricMarker } from '#server/domain/views/metrics.ts';

export interface Shown {
  markers: readonly MetricMarker[];
  words: (value: number) => string;
  /** Bytes are divided by powers of two. */
  isBytes: boolean;
  limit: { value: number; label: string } | null;
}
export const plotHeight = 168;
export const lineColours = ['accent', 'green', 'yellow', 'red', 'muted', 'text'] as const;
const markerColours = { release: 'accent', crash: 'red', restart: 'yellow' } as const;

/** What a colour of ours is on this element now: a canvas does not know custom properties. */
function colourOf(element: HTMLElement, name: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(--color-${name})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

export const dataOf = (times: readonly number[], lines: readonly ChartLine[]): uPlot.AlignedData => [
  [...times],
  ...lines.map((line) => [...line.values]),
];

const byteSteps = Array.from({ length: 50 }, (_, power) => 2 ** power);
const two = (value: number): string => String(value).padStart(2, '0');
/** "19:30" within a day, "20.11." beyond, in the reader's own time zone. */
function timeWords(times: readonly number[], step: number): string[] {
  return times.map((time) => {
    const at = new Date(time * 1000);
    if (step >= 86_400) return `${at.getDate()}.${at.getMonth() + 1}.`;
    return `${two(at.getHours())}:${two(at.getMinutes())}${step < 60 ? `:${two(at.getSeconds())}` : ''}`;
  });
}

/** Vertical marks and the limit, in the plot's own pixels. */
function drawMarks(chart: uPlot, element: HTMLElement, { markers, limit }: Shown): void {
  const { ctx, bbox } = chart;
  const ratio = window.devicePixelRatio || 1;
  const line = (fromX: number, fromY: number, toX: number, toY: number, colour: string): void => {
    ctx.strokeStyle = colourOf(element, colour);
    ctx.beginPath();
    ctx.moveTo(fromX, fromY);
    ctx.lineTo(toX, toY);
    ctx.stroke();
  };
  ctx.save();
  ctx.lineWidth = ratio;
  ctx.setLineDash([3 * ratio, 3 * ratio]);
  for (const marker of markers) {
    const x = Math.round(chart.valToPos(marker.at, 'x', true));
    if (x >= bbox.left && x <= bbox.left + bbox.width)
      line(x, bbox.top, x, bbox.top + bbox.height, markerColours[marker.kind]);
  }
  if (limit) {
    const y = Math.round(chart.valToPos(limit.value, 'y', true));
    if (y >= bbox.top) line(bbox.left, y, bbox.left + bbox.width, y, 'red');
  }
  ctx.restore();
}

/** @param shown what is drawn besides the lines; read at each drawing. */
export function plotOptions(
  element: HTMLElement,
  lines: readonly ChartLine[],
  shown: () => Shown,
): Omit<uPlot.Options, 'plugins'> {
  const [faint, muted, edge] = ['faint', 'muted', 'line'].map((name) => colourOf(element, name));
  const font = `11px ${getComputedStyle(element).fontFamily}`;
  const axis = { stroke: () => muted ?? '', font, ticks: { show: false }, grid: { stroke: edge ?? '', width: 1 } };
  return {
    width: Math.max(element.clientWidth, 120),
    height: plotHeight,
    padding: [8, 4, 0, 0],
    legend: { show: false },
    cursor: { sync: { key: 'metrics' }, drag: { x: false, y: false }, points: { size: 6 } },
    scales: {
      y: {
        range: (_chart, _min, max) => {
          const { limit } = shown();
          const top = Math.max(max || 0, 1e-9) * 1.15;
          // The limit is in sight only when it is near; else it would flatten everything.
          return [0, limit && limit.value < top * 3 ? Math.max(top, limit.value * 1.08) : top];
        },
      },
    },
    axes: [
      { ...axis, space: 64, values: (_chart, times, _index, _space, step) => timeWords(times, step) },
      {
        ...axis,
        size: 72,
        space: 36,
        ...(shown().isBytes ? { incrs: byteSteps } : {}),
        values: (_chart, values) => values.map((value) => shown().words(value)),
      },
    ],
    series: [
      {},
      ...lines.map((line, index) => ({
        label: line.label,
        stroke: line.isFaint ? (faint ?? '') : colourOf(element, lineColours[index % lineColours.length] ?? 'accent'),
        width: line.isFaint ? 1 : 1.5,
        spanGaps: false,
        points: { show: false },
      })),
    ],
    hooks: { draw: [(chart) => drawMarks(chart, element, shown())] },
  };
}
