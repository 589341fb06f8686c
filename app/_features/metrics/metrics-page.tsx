'use client';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { usePathname, useSearchParams } from 'next/navigation';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { useDeployment } from '#app/_features/deployment/use-deployment.ts';
import { Chart } from '#app/_features/metrics/chart.tsx';
import { byteWords, coreWords, linesOf, memoryLimit, rateWords, windowWords } from '#app/_features/metrics/view.ts';
import { PageBody } from '#app/_features/shell/page.tsx';
import { sentenceOf } from '#app/_features/shell/problem.ts';
import { Button } from '#app/ui/button.tsx';
import { Callout } from '#app/ui/callout.tsx';
import { Empty } from '#app/ui/empty.tsx';
import { Skeleton } from '#app/ui/skeleton.tsx';
import { cn } from '#app/ui/cn.ts';
import { metricWindows, type MetricWindow } from '#server/domain/metrics.ts';
import type { MetricsView } from '#server/domain/views/metrics.ts';

const windowFrom = (value: string | null): MetricWindow => metricWindows.find((name) => name === value) ?? '1h';

/** What the instances use, with the releases and crashes in between. The window is in the address. */
export function MetricsPage({ project, deployment: slug }: { project: string; deployment: string }) {
  const trpc = useTRPC();
  const { deployment, org } = useDeployment(project, slug);
  const pathname = usePathname();
  const window_ = windowFrom(useSearchParams().get('window'));
  const query = trpc.metrics.read.queryOptions({ org, deploymentId: deployment.id, window: window_ });
  const { data, error, refetch } = useQuery({ ...query, placeholderData: keepPreviousData });
  return (
    <PageBody className="gap-4 pt-4">
      <div role="group" aria-label="Window" className="flex flex-wrap gap-1">
        {metricWindows.map((name) => (
          <Button
            key={name}
            look="quiet"
            size="small"
            aria-pressed={name === window_}
            className={cn(name === window_ && 'bg-hover text-text')}
            onClick={() => window.history.replaceState(null, '', `${pathname}?window=${name}`)}
          >
            {windowWords[name]}
          </Button>
        ))}
      </div>
      {error ? (
        <Callout
          tone="red"
          role="alert"
          title={sentenceOf(error)}
          actions={<Button onClick={() => void refetch()}>Try again</Button>}
        />
      ) : null}
      {data ? <Charts data={data} /> : error ? null : <Loading />}
    </PageBody>
  );
}

const Loading = () => (
  <div className="grid gap-x-10 gap-y-6 lg:grid-cols-2" aria-busy>
    {['cpu', 'memory', 'network', 'disk'].map((name) => (
      <Skeleton key={name} className="h-48" />
    ))}
  </div>
);

function Charts({ data }: { data: MetricsView }) {
  const { series, times, markers } = data;
  if (series.length === 0)
    return (
      <Empty
        title="Nothing was measured in this window"
        why="Running instances are measured every 10 seconds. Figures of a deployment that rests come back with it."
      />
    );
  const memory = memoryLimit(series);
  const shared = { times, markers, limit: null };
  const bytes = { ...shared, isBytes: true };
  return (
    <>
      <div className="grid gap-x-10 gap-y-8 lg:grid-cols-2">
        <Chart {...shared} isBytes={false} title="CPU" lines={linesOf(series, 'cpuMillis')} words={coreWords} />
        <Chart
          {...bytes}
          title="Memory"
          lines={linesOf(series, 'memoryBytes')}
          words={byteWords}
          limit={memory === null ? null : { value: memory, label: 'limit' }}
        />
        <Chart {...bytes} title="Received" lines={linesOf(series, 'receivedPerSecond')} words={rateWords} />
        <Chart {...bytes} title="Sent" lines={linesOf(series, 'sentPerSecond')} words={rateWords} />
        <Chart {...bytes} title="Read from disk" lines={linesOf(series, 'readPerSecond')} words={rateWords} />
        <Chart {...bytes} title="Written to disk" lines={linesOf(series, 'writtenPerSecond')} words={rateWords} />
      </div>
      <p className="text-xs text-muted">
        {stepWords(data.stepSeconds)} Dashed: <span className="text-accent-text">a release went live</span>,{' '}
        <span className="text-red-text">a crash</span>, <span className="text-yellow-text">a restart</span>
        {memory === null ? '' : `; across, the memory limit of ${byteWords(memory)}`}.
      </p>
    </>
  );
}

const stepWords = (seconds: number): string =>
  `Each point is ${seconds < 60 ? `${String(seconds)} s` : seconds < 3600 ? `${String(seconds / 60)} min` : 'an hour'}: the mean of CPU, network and disk, the highest of memory.`;
