/** An hour of figures for every live instance, shaped like a day's traffic with a deploy in it. */
import { eq, sql } from 'drizzle-orm';
import type { Db } from '#server/db/client.ts';
import { instances } from '#server/db/schema/instances.ts';
import { metricPoints } from '#server/db/schema/metrics.ts';
import { rollUpMetrics } from '#server/db/system/metrics.ts';

const stepMs = 10_000;
const mib = 1024 ** 2;

export async function seedMetrics(db: Db): Promise<void> {
  const live = await db.select().from(instances).where(eq(instances.state, 'live'));
  const end = Math.floor(Date.now() / stepMs) * stepMs;
  for (const [place, row] of live.entries()) {
    const load = (index: number): number =>
      0.35 + 0.2 * Math.sin(index / 37 + place) + 0.08 * Math.sin(index * 1.7 + place * 5) + (index % 89 < 4 ? 0.4 : 0);
    const rows = Array.from({ length: 360 }, (_, index) => ({
      orgId: row.orgId, deploymentId: row.deploymentId, componentId: row.componentId, instanceId: row.id, stepSeconds: 10,
      at: new Date(end - (359 - index) * stepMs), cpuMillis: row.cpuMillis * Math.max(0.02, load(index)),
      memoryBytes: Math.round(row.memoryMib * mib * Math.min(0.93, 0.42 + index / 900 + 0.02 * load(index))), memoryLimitBytes: row.memoryMib * mib,
      processes: 11, receivedBytes: Math.round(900_000 * load(index)), sentBytes: Math.round(7_400_000 * load(index)),
      readBytes: index % 60 === 7 ? 2_600_000 : 0, writtenBytes: Math.round(40_000 * load(index)),
    })); // prettier-ignore
    await db.insert(metricPoints).values(rows).onConflictDoNothing();
  }
  await rollUpMetrics(db, () => sql`now()`, true);
}
