/**
 * Follows what the engine says about instances: a full snapshot every 15 s for truth, changes in between for speed. Writes
 * the last observation of each instance and an event for each exit, restart and recovery, which wakes open browsers.
 */
import { and, eq, inArray, ne, sql } from 'drizzle-orm';
import type { Clock } from '#server/clock.ts';
import type { Db } from '#server/db/client.ts';
import { instances } from '#server/db/schema/instances.ts';
import { deploymentEvents } from '#server/db/schema/releases.ts';
import { deployments } from '#server/db/schema/projects.ts';
import { isAborted } from '#server/errors.ts';
import type { Logger } from '#server/log.ts';
import { type InstanceDriver, missingState, type ObservedState } from '#server/runtime/types.ts';

export interface ObserverDeps {
  db: Db;
  driver: InstanceDriver;
  clock: Clock;
  log: Logger;
  /** Time between full snapshots; default 15 s, well under the 40 s after which an instance counts as unknown. */
  resyncMs?: number;
}

interface Known {
  id: string;
  orgId: string;
  deploymentId: string;
  projectId: string;
  state: string;
  observed: ObservedState | null;
  restarts: number;
}

/** The event that a change of observation means, or null. Only instances that serve are worth one: a release reports the others itself. */
export function eventFor(before: ObservedState | null, after: ObservedState): string | null {
  if (!before) return null;
  const wasUp = before.phase === 'running';
  if (wasUp && (after.phase === 'exited' || after.phase === 'restarting' || after.phase === 'missing'))
    return 'instance.exited';
  if (after.restarts > before.restarts) return 'instance.restarted';
  if (!wasUp && after.phase === 'running' && before.phase !== 'created') return 'instance.recovered';
  return null;
}

async function record(db: Db, seen: ReadonlyMap<string, ObservedState>): Promise<void> {
  if (seen.size === 0) return;
  const known: Known[] = await db
    .select({
      id: instances.id,
      orgId: instances.orgId,
      deploymentId: instances.deploymentId,
      projectId: deployments.projectId,
      state: instances.state,
      observed: instances.observed,
      restarts: instances.restarts,
    }) // prettier-ignore
    .from(instances)
    .innerJoin(deployments, eq(deployments.id, instances.deploymentId))
    .where(and(inArray(instances.id, [...seen.keys()]), ne(instances.state, 'removed')));
  for (const row of known) {
    const state = seen.get(row.id);
    if (!state) continue;
    const kind = row.state === 'live' ? eventFor(row.observed, state) : null;
    const restarts = Math.max(state.restarts, row.restarts);
    await db.transaction(async (tx) => {
      await tx
        .update(instances)
        .set({ observed: state, observedAt: sql`now()`, restarts })
        .where(and(eq(instances.orgId, row.orgId), eq(instances.id, row.id)));
      if (!kind) return;
      await tx.insert(deploymentEvents).values({
        orgId: row.orgId, projectId: row.projectId, deploymentId: row.deploymentId, instanceId: row.id, kind,
        data: { exitCode: state.exitCode, outOfMemory: state.outOfMemory, restarts },
      }); // prettier-ignore
    });
  }
}

/** Instances that should have a container now. */
const listStanding = async (db: Db): Promise<string[]> =>
  (
    await db
      .select({ id: instances.id })
      .from(instances)
      .where(inArray(instances.state, ['ready', 'live']))
  ).map(({ id }) => id);

async function followOnce({ db, driver, resyncMs = 15_000 }: ObserverDeps, signal: AbortSignal): Promise<void> {
  const round = AbortSignal.any([signal, AbortSignal.timeout(resyncMs)]);
  try {
    // Read before the engine answers: what started in between is in its answer, and must not pass for lost.
    const standing = await listStanding(db);
    for await (const seen of driver.observe(round)) {
      if (seen.kind === 'snapshot') {
        const listed = seen.instances.map(({ instanceId, state }) => [instanceId, state] as const);
        await record(db, new Map([...standing.map((id) => [id, missingState] as const), ...listed]));
      } else await record(db, new Map([[seen.instanceId, seen.state]]));
    }
  } catch (error) {
    if (!round.aborted && !isAborted(error)) throw error;
  }
}

/** Runs until the signal fires; an engine or database that is away is tried again with back-off up to 10 s. */
export async function runObserver(deps: ObserverDeps, signal: AbortSignal): Promise<void> {
  for (let failures = 0; !signal.aborted;) {
    try {
      await followOnce(deps, signal);
      failures = 0;
    } catch (error) {
      failures += 1;
      deps.log.warn('observing the engine failed, trying again', { error, failures });
      await deps.clock.sleep(Math.min(500 * 2 ** failures, 10_000), signal).catch(() => undefined);
    }
  }
}
