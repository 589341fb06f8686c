/**
 * When each new instance has its turn. First: beside the old ones, before the hook. Then, in the switch: those that must
 * not run beside their predecessor, before the routes; workers that start after the switch, once the routes are in force.
 * Answered from rows that stay as they are until the release is live, so that every worker gives the same answer.
 */
import { type InstanceRow, instancesOfRelease, liveInstances, standingInstances, startedInstances } from '#server/db/release-instances.ts'; // prettier-ignore
import { handOverOf } from '#server/domain/hand-over.ts';
import type { SnapshotComponent } from '#server/domain/release.ts';
import type { StepContext } from '#server/release/engine.ts';

/** A component whose running instance has to be gone before its new one starts. */
export interface Swap {
  component: SnapshotComponent;
  old: readonly InstanceRow[];
  fresh: readonly InstanceRow[];
}

/** Add-ons first: what the others connect to when they start. */
const order = (swap: Swap): number => (swap.component.kind === 'add-on' ? 0 : 1);

/** Live instances of one-at-a-time components that the release does not carry over, with what follows them. */
export async function swapsOf(ctx: StepContext): Promise<Swap[]> {
  const { engine, release } = ctx;
  const singles = release.snapshot.components.filter((component) => handOverOf(component) === 'single');
  if (singles.length === 0) return [];
  const own = await instancesOfRelease(engine.db, release.orgId, release.id);
  const ids = new Set(own.map((row) => row.id));
  const live = await liveInstances(engine.db, release);
  return singles
    .map((component): Swap => {
      const mine = (row: InstanceRow): boolean => row.componentId === component.componentId;
      return {
        component,
        old: live.filter((row) => mine(row) && !ids.has(row.id)),
        fresh: own.filter((row) => mine(row) && row.startedBy === release.id),
      };
    })
    .filter((swap) => swap.old.length > 0)
    .sort((a, b) => order(a) - order(b));
}

/** What the release starts, without hooks. */
const servingStarts = async ({ engine, release }: StepContext): Promise<InstanceRow[]> =>
  (await startedInstances(engine.db, release.orgId, release.id)).filter((row) => row.role === 'serving');

/** New workers that start once the routes are in force. */
export async function lastInstances(ctx: StepContext): Promise<InstanceRow[]> {
  const late = new Set(
    ctx.release.snapshot.components
      .filter((component) => handOverOf(component) === 'after-switch')
      .map((component) => component.componentId),
  );
  return (await servingStarts(ctx)).filter((row) => late.has(row.componentId));
}

/** New instances that start beside everything that runs. */
export async function firstInstances(ctx: StepContext): Promise<InstanceRow[]> {
  const [starts, swaps, last] = await Promise.all([servingStarts(ctx), swapsOf(ctx), lastInstances(ctx)]);
  const later = new Set([...swaps.flatMap((swap) => swap.fresh), ...last].map((row) => row.id));
  return starts.filter((row) => !later.has(row.id));
}

/**
 * Instances that still have to end before these may start: of one-at-a-time components, those that an earlier release or
 * operation is letting go. Their own step ends them, within the limits for drain and stop.
 */
export async function stillEnding(ctx: StepContext, rows: readonly InstanceRow[]): Promise<SnapshotComponent[]> {
  const { engine, release } = ctx;
  const wanted = new Set(rows.map((row) => row.componentId));
  const singles = release.snapshot.components.filter((one) => handOverOf(one) === 'single' && wanted.has(one.componentId)); // prettier-ignore
  if (singles.length === 0) return [];
  const others = (await standingInstances(engine.db, release)).filter(
    (row) => row.startedBy !== release.id && row.state !== 'live' && row.role === 'serving',
  );
  const ending: SnapshotComponent[] = [];
  for (const component of singles) {
    const mine = others.filter((row) => row.componentId === component.componentId);
    const states = await Promise.all(mine.map((row) => ctx.region.instances.inspect(row.id, ctx.signal)));
    if (states.some(({ phase }) => phase === 'running' || phase === 'restarting')) ending.push(component);
  }
  return ending;
}
