/** What a deployment's instances used over a window, with the releases and crashes in it. */
import { hasDeployment } from '#server/db/release-views.ts';
import { listMarkers, listMetricNames, listMetricPoints } from '#server/db/metrics.ts';
import { type MetricWindow, windowRules } from '#server/domain/metrics.ts';
import type { MetricMarker, MetricSeries, MetricsView } from '#server/domain/views/metrics.ts';
import { notFound } from '#server/errors.ts';
import { authorize, inOrg, type UseCaseContext } from '#server/usecases/context.ts';

type Point = Awaited<ReturnType<typeof listMetricPoints>>[number];
type Names = Awaited<ReturnType<typeof listMetricNames>>;
type Marker = Awaited<ReturnType<typeof listMarkers>>[number];

/** @throws AppError not_found */
export async function readMetrics(
  ctx: UseCaseContext,
  input: { deploymentId: string; window: MetricWindow },
): Promise<MetricsView> {
  authorize(ctx, 'deployment.read');
  const { orgId } = ctx.actor;
  const { seconds, step, by } = windowRules[input.window];
  const end = Math.floor(ctx.clock.now().getTime() / 1000 / step) * step;
  const times = Array.from({ length: Math.round(seconds / step) + 1 }, (_, index) => end - seconds + index * step);
  const from = new Date((end - seconds) * 1000);
  return inOrg(ctx, async (tx) => {
    if (!(await hasDeployment(tx, orgId, input.deploymentId))) throw notFound();
    const points = await listMetricPoints(tx, { orgId, deploymentId: input.deploymentId, step, from, by });
    const instanceIds = [...new Set(points.map((point) => point.instanceId).filter(Boolean))];
    const names = await listMetricNames(tx, orgId, input.deploymentId, instanceIds);
    const markers = await listMarkers(tx, orgId, input.deploymentId, from);
    return {
      window: input.window,
      stepSeconds: step,
      times,
      series: seriesOf(points, names, times, step),
      markers: markers.map(markerOf),
    };
  });
}

function seriesOf(points: readonly Point[], names: Names, times: readonly number[], step: number): MetricSeries[] {
  const index = new Map(times.map((time, place) => [time, place]));
  const lines = new Map<string, MetricSeries>();
  const empty = (): null[] => Array.from({ length: times.length }, () => null);
  for (const point of points) {
    const place = index.get(point.at.getTime() / 1000);
    if (place === undefined) continue;
    const key = point.instanceId || point.componentId;
    const instance = names.instances.find((one) => one.id === point.instanceId);
    const component = names.components.find((one) => one.id === point.componentId)?.name ?? 'removed component';
    const line = lines.get(key) ?? {
      key, componentId: point.componentId, label: instance ? `${component} ${instance.ordinal + 1}` : component,
      isRunning: point.instanceId === '' || (instance !== undefined && instance.state !== 'removed'),
      cpuMillis: empty(), memoryBytes: empty(), memoryLimitBytes: 0, receivedPerSecond: empty(), sentPerSecond: empty(),
      readPerSecond: empty(), writtenPerSecond: empty(),
    }; // prettier-ignore
    lines.set(key, line);
    line.cpuMillis[place] = point.cpuMillis;
    line.memoryBytes[place] = point.memoryBytes;
    line.memoryLimitBytes = point.memoryLimitBytes;
    line.receivedPerSecond[place] = point.receivedBytes / step;
    line.sentPerSecond[place] = point.sentBytes / step;
    line.readPerSecond[place] = point.readBytes / step;
    line.writtenPerSecond[place] = point.writtenBytes / step;
  }
  const order = names.components.map((one) => one.id);
  return [...lines.values()].toSorted(
    (a, b) =>
      order.indexOf(a.componentId) - order.indexOf(b.componentId) ||
      Number(b.isRunning) - Number(a.isRunning) ||
      (a.label < b.label ? -1 : 1),
  );
}

function markerOf({ at, kind, data }: Marker): MetricMarker {
  const seconds = at.getTime() / 1000;
  if (kind === 'release.live') {
    const number = typeof data['number'] === 'number' ? ` ${String(data['number'])}` : '';
    return { at: seconds, kind: 'release', label: `Release${number}` };
  }
  if (kind === 'instance.restarted') return { at: seconds, kind: 'restart', label: 'Restarted' };
  const code = data['exitCode'];
  const label = data['outOfMemory'] === true ? 'Out of memory' : `Exited${typeof code === 'number' ? ` with ${String(code)}` : ''}`; // prettier-ignore
  return { at: seconds, kind: 'crash', label };
}
