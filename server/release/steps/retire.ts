/**
 * Lets go of what was replaced: no new requests, those in flight finish within the drain limit, then SIGTERM, and SIGKILL
 * after the grace. The log is read to its end before the instance is removed. Nothing here changes any outcome.
 */
import { and, eq, sql } from 'drizzle-orm';
import { type InstanceRow, instancesToRetire, markRemoved } from '#server/db/release-instances.ts';
import { releases } from '#server/db/schema/releases.ts';
import { isOperation } from '#server/domain/release-machine.ts';
import { settingsSchema, type Settings } from '#server/domain/settings.ts';
import type { StepContext, StepResult } from '#server/release/engine.ts';
import { countedSince, trafficOf } from '#server/release/publish.ts';
import { addressRestMs, consoleOf } from '#server/release/instance-spec.ts';

const pollMs = 250;
/** Between the last request and SIGTERM: the edge has let go, but a request may be on its way inside the machine. */
const settleMs = 2000;

export async function retireStep(ctx: StepContext): Promise<StepResult> {
  const { engine, release } = ctx;
  engine.fault('retiring.before_drain');
  const rows = await instancesToRetire(engine.db, release.orgId, release.id);
  if (rows.length === 0) return { kind: 'done' };
  for (const row of rows) engine.consoles.follow(consoleOf(row));
  const drained = await drain(ctx, rows);
  const { cut } = await ctx.region.edge.remove(
    release.deploymentId,
    rows.map((row) => row.id),
    ctx.signal,
  );
  await noteReport(ctx, drained, cut);
  if (rows.some((row) => row.port !== null)) await engine.clock.sleep(settleMs * engine.timeScale, ctx.signal);
  engine.fault('retiring.before_stop');
  await Promise.all(rows.map((row) => endInstance(ctx, row)));
  return { kind: 'done', note: `Removed ${rows.length} instances${cut > 0 ? `; ${cut} connections were cut` : ''}` };
}

const readinessOf = (ctx: StepContext, row: InstanceRow): Settings['readiness'] =>
  ctx.release.snapshot.components.find((one) => one.componentId === row.componentId)?.settings.readiness ??
  settingsSchema.parse({}).readiness;

/** Waits until nothing is open or the limit of each instance has passed. Answers how many connections ended by themselves. */
async function drain(ctx: StepContext, rows: readonly InstanceRow[]): Promise<number> {
  const limits = new Map(rows.map((row) => [row.id, readinessOf(ctx, row).drainSeconds * 1000 * ctx.engine.timeScale]));
  let first: number | null = null;
  for (;;) {
    const waiting = rows.filter((row) => (limits.get(row.id) ?? 0) > ctx.elapsedMs()).map((row) => row.id);
    const all = rows.map((row) => row.id);
    const { open } = await ctx.region.edge.drain(ctx.release.deploymentId, all, ctx.signal);
    first ??= open;
    if (open === 0 || waiting.length === 0) return Math.max(0, first - open);
    await ctx.engine.clock.sleep(pollMs, ctx.signal);
  }
}

/** The report belongs to what replaced this release, which is the operation itself or the release that went live over it. */
async function noteReport(ctx: StepContext, drained: number, cut: number): Promise<void> {
  const { release } = ctx;
  const traffic = await trafficOf(ctx);
  const owner = isOperation(release.kind) ? eq(releases.id, release.id) : eq(releases.previousReleaseId, release.id);
  const mine = and(eq(releases.orgId, release.orgId), owner, sql`${releases.report} is not null`, sql`${releases.outcome} = 'live'`); // prettier-ignore
  await ctx.write(async (tx) => {
    for (const { id, report, reportBase } of await tx.select().from(releases).where(mine)) {
      if (!report) continue;
      const drainedConnections = report.drainedConnections + drained;
      const cutConnections = report.cutConnections + cut;
      await tx
        .update(releases)
        .set({ report: { ...report, ...countedSince(traffic, reportBase), drainedConnections, cutConnections } })
        .where(and(eq(releases.orgId, release.orgId), eq(releases.id, id)));
    }
  });
}

async function endInstance(ctx: StepContext, row: InstanceRow): Promise<void> {
  const { engine, release } = ctx;
  const { instances } = ctx.region;
  await instances.keepAlive(row.id, false, ctx.signal);
  await instances.stop(row.id, readinessOf(ctx, row).stopGraceSeconds * 1000 * engine.timeScale, ctx.signal);
  await engine.consoles.finish(consoleOf(row), 5000);
  engine.fault('retiring.before_remove');
  await instances.remove(row.id, ctx.signal);
  await ctx.write((tx) => markRemoved(tx, engine.now, release.orgId, row.id, addressRestMs * engine.timeScale));
}
