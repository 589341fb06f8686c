'use client';
import { useEffect, useRef, useState } from 'react';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { dataOf, lineColours, plotHeight, plotOptions, type Shown } from '#app/_features/metrics/plot.ts';
import { lastValue, type ChartLine } from '#app/_features/metrics/view.ts';
import { useTheme } from '#app/_features/shell/use-theme.ts';
import { cn } from '#app/ui/cn.ts';

interface Props extends Shown {
  title: string;
  times: readonly number[];
  lines: readonly ChartLine[];
}
const dots: Record<(typeof lineColours)[number], string> = {
  accent: 'bg-accent',
  green: 'bg-green',
  yellow: 'bg-yellow',
  red: 'bg-red',
  muted: 'bg-muted',
  text: 'bg-text',
};

/** A titled chart; its legend says the newest value of each line, or the one under the pointer. */
export function Chart(props: Props) {
  const { title, lines, words } = props;
  const theme = useTheme();
  const [at, setAt] = useState<number | null>(null);
  const keys = lines.map((line) => `${line.key}${line.isFaint ? ' gone' : ''}`).join(' ');
  return (
    <figure className="min-w-0">
      <figcaption className="flex flex-wrap items-baseline gap-x-4 gap-y-0.5 pb-1 text-sm">
        <span className="font-medium">{title}</span>
        {lines.map((line, index) => {
          const value = at === null ? lastValue(line.values) : (line.values[at] ?? null);
          return line.isFaint ? null : (
            <span key={line.key} className="flex items-baseline gap-1.5 text-xs text-muted">
              <span
                aria-hidden
                className={cn('size-2 rounded-full', dots[lineColours[index % lineColours.length] ?? 'accent'])}
              />
              {line.label} <span className="tabular text-text">{value === null ? 'nothing' : words(value)}</span>
            </span>
          );
        })}
      </figcaption>
      {/* Other lines or colours are another chart; other values of the same lines only its data. */}
      <Plot key={`${theme} ${keys}`} {...props} onPoint={setAt} />
    </figure>
  );
}

function Plot({
  title,
  times,
  lines,
  markers,
  words,
  isBytes,
  limit,
  onPoint,
}: Props & { onPoint: (index: number | null) => void }) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot | null>(null);
  const current = useRef({ times, lines, shown: { markers, words, isBytes, limit } });
  useEffect(() => {
    current.current = { times, lines, shown: { markers, words, isBytes, limit } };
    plot.current?.setData(dataOf(times, lines));
  }, [times, lines, markers, words, isBytes, limit]);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const first = current.current;
    const options = plotOptions(element, first.lines, () => current.current.shown);
    const chart = new UPlot(
      { ...options, hooks: { ...options.hooks, setCursor: [(self) => onPoint(self.cursor.idx ?? null)] } },
      dataOf(first.times, first.lines),
      element,
    );
    plot.current = chart;
    const resize = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height: plotHeight }));
    resize.observe(element);
    return () => {
      resize.disconnect();
      chart.destroy();
      plot.current = null;
    };
  }, [onPoint]);
  return <div ref={box} className="h-42 min-w-0" role="img" aria-label={`${title} over time`} />;
}
