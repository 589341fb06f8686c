/** Points of all organizations' instances: written by the worker, made coarser, and forgotten. Safe to run twice. */
import { and, eq, inArray, lt, sql } from 'drizzle-orm';
import type { Db } from '#server/db/client.ts';
import type { DatabaseNow } from '#server/db/now.ts';
import { instances } from '#server/db/schema/instances.ts';
import { metricPoints } from '#server/db/schema/metrics.ts';
import { type CounterRates, keptSeconds, metricSteps, type MetricStep } from '#server/domain/metrics.ts';

export interface MeasuredInstance extends CounterRates {
  instanceId: string;
  memoryBytes: number;
  memoryLimitBytes: number;
  processes: number;
}
const [finest] = metricSteps;
const begin = (step: MetricStep, time: ReturnType<DatabaseNow>) =>
  sql`date_bin(make_interval(secs => ${step}), ${time}, timestamptz 'epoch')`;

/** Writes one point of the finest step per instance and wakes whoever looks at its organization. */
export async function addMetricPoints(db: Db, now: DatabaseNow, measured: readonly MeasuredInstance[]): Promise<void> {
  if (measured.length === 0) return;
  const byId = new Map(measured.map((one) => [one.instanceId, one]));
  const known = await db
    .select({ id: instances.id, orgId: instances.orgId, deploymentId: instances.deploymentId, componentId: instances.componentId })
    .from(instances)
    .where(inArray(instances.id, [...byId.keys()])); // prettier-ignore
  const rows = known.flatMap(({ id, ...place }) => {
    const one = byId.get(id);
    return one ? [{ ...place, ...one, stepSeconds: finest, at: begin(finest, now()) }] : [];
  });
  if (rows.length === 0) return;
  await db.transaction(async (tx) => {
    await tx.insert(metricPoints).values(rows).onConflictDoNothing();
    for (const org of new Set(rows.map((row) => row.orgId)))
      await tx.execute(sql`select pg_notify('slipway_metrics', ${org})`);
  });
}

/**
 * Makes the coarser steps from the finer ones, for the last three of each, the current one included.
 * @param whole everything that is kept: what a worker did not come to before it ended.
 */
export async function rollUpMetrics(db: Db, now: DatabaseNow, whole = false): Promise<void> {
  for (const [index, step] of metricSteps.entries()) {
    const from = metricSteps[index - 1];
    if (from === undefined) continue;
    const back = whole ? keptSeconds(from) : 2 * step;
    await db.execute(sql`
      insert into metric_points (org_id, deployment_id, component_id, instance_id, step_seconds, at, cpu_millis, memory_bytes,
        memory_limit_bytes, processes, received_bytes, sent_bytes, read_bytes, written_bytes)
      select org_id, deployment_id, component_id, instance_id, ${step}::int, date_bin(make_interval(secs => ${step}), at, timestamptz 'epoch') as bin,
        avg(cpu_millis), max(memory_bytes), max(memory_limit_bytes), max(processes), sum(received_bytes), sum(sent_bytes),
        sum(read_bytes), sum(written_bytes)
      from metric_points
      where step_seconds = ${from} and at >= ${begin(step, now())} - make_interval(secs => ${back})
      group by org_id, deployment_id, component_id, instance_id, bin
      on conflict (instance_id, step_seconds, at) do update set cpu_millis = excluded.cpu_millis, memory_bytes = excluded.memory_bytes,
        memory_limit_bytes = excluded.memory_limit_bytes, processes = excluded.processes, received_bytes = excluded.received_bytes,
        sent_bytes = excluded.sent_bytes, read_bytes = excluded.read_bytes, written_bytes = excluded.written_bytes`);
  }
}

/** Forgets points that no window shows any more. */
export async function forgetOldMetrics(db: Db, now: DatabaseNow): Promise<void> {
  for (const step of metricSteps)
    await db
      .delete(metricPoints)
      .where(
        and(
          eq(metricPoints.stepSeconds, step),
          lt(metricPoints.at, sql`${now()} - make_interval(secs => ${keptSeconds(step)})`),
        ),
      );
}
