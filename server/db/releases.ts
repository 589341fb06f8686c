/**
 * The only writer of `releases.state`. A transition is compare-and-set: the new state, the rows of the steps, the event of
 * the timeline and the next job are one transaction, so that a reader sees all of it or nothing.
 */
import { and, eq, inArray, isNull, type SQL, sql } from 'drizzle-orm';
import type { Tx } from '#server/db/client.ts';
import { after, type DatabaseNow } from '#server/db/now.ts';
import { takeBackPower } from '#server/db/settle-power.ts';
import { deploymentEvents, releases, releaseSteps } from '#server/db/schema/releases.ts';
import {
  buildLaneStates, isActive, isFinal, outcomeOf, transition, type ReleaseEvent, type ReleaseState, workingStates,
} from '#server/domain/release-machine.ts'; // prettier-ignore
import { AppError } from '#server/errors.ts';
import { addJob } from '#server/jobs.ts';

export type ReleaseRow = typeof releases.$inferSelect;
/** What a transition has to know of a release. */
export type ReleaseHead = Pick<
  ReleaseRow,
  'id' | 'orgId' | 'projectId' | 'deploymentId' | 'regionId' | 'kind' | 'lane' | 'number' | 'state'
>;
type Column<K extends keyof typeof releases.$inferInsert> = (typeof releases.$inferInsert)[K];

export interface Transition {
  release: ReleaseHead;
  event: ReleaseEvent;
  /** The lease under which a worker writes; left out by use cases, which hold none. */
  fence?: number;
  /** What the step that ends did, one sentence. */
  note?: string;
  /** Limit of the state that begins; null for none. */
  deadlineMs?: number | null;
  patch?: {
    failure?: Column<'failure'>;
    report?: Column<'report'>;
    cancelTo?: Column<'cancelTo'>;
    supersededBy?: Column<'supersededBy'>;
    previousReleaseId?: Column<'previousReleaseId'>;
  };
  /** Further conditions of the comparison. */
  where?: SQL;
  actorId?: string | null;
  data?: Record<string, unknown>;
}

const isBuildLane = (state: ReleaseState): boolean => (buildLaneStates as readonly ReleaseState[]).includes(state);
const isWorking = (state: ReleaseState): boolean => (workingStates as readonly ReleaseState[]).includes(state);

/** Wakes whatever can move this release: builds have runners of their own. */
export const wakeRelease = (tx: Tx, release: Pick<ReleaseRow, 'id' | 'lane'>, state: ReleaseState): Promise<void> =>
  addJob(
    tx,
    release.lane === 'build' && isBuildLane(state) ? 'advance-build' : 'advance-release',
    { releaseId: release.id },
    { key: `advance:${release.id}` },
  );
/** Wakes the queue of a region. */
export const wakeQueue = (tx: Tx, regionId: string): Promise<void> =>
  addJob(tx, 'claim-slots', { regionId }, { key: `claim:${regionId}` });

/**
 * Applies the event and answers the new state.
 * @throws AppError fenced when the lease is not the writer's any more; conflict when the state has moved on, or when the
 * table knows no such transition.
 */
export async function applyEvent(tx: Tx, now: DatabaseNow, change: Transition): Promise<ReleaseState> {
  const { release, event } = change;
  const next = transition(release.state, event);
  if (!next) throw new AppError('conflict', `A release that is ${release.state} cannot be ${event}.`);
  const outcome = outcomeOf(next);
  const moved = await tx
    .update(releases)
    .set({
      ...change.patch,
      state: next,
      stateSince: sql`${now()}`,
      attempts: 0,
      takeovers: 0,
      heldReason: null,
      dueAt: sql`${now()}`,
      deadlineAt:
        change.deadlineMs === undefined || change.deadlineMs === null ? null : sql`${after(now, change.deadlineMs)}`,
      ...(outcome ? { outcome: sql`coalesce(${releases.outcome}, ${outcome})` } : {}),
      ...(event === 'claimed' ? { startedAt: sql`${now()}` } : {}),
      ...(next === 'live' ? { liveAt: sql`${now()}` } : {}),
      ...(isFinal(next) ? { endedAt: sql`${now()}` } : {}),
      ...(isWorking(next) ? {} : { leaseOwner: null, leaseUntil: null }),
    })
    .where(
      and(
        eq(releases.id, release.id),
        eq(releases.orgId, release.orgId),
        eq(releases.state, release.state),
        change.fence === undefined ? undefined : eq(releases.fence, change.fence),
        change.where,
      ),
    )
    .returning({ id: releases.id });
  if (moved.length === 0) throw await refusal(tx, change);
  // Before the event: whoever holds the deployment's row may wait for the number of an event.
  if (outcome && outcome !== 'live') await takeBackPower(tx, release);
  await writeTrail(tx, now, change, next);
  if (isWorking(next) && change.fence === undefined) await wakeRelease(tx, release, next);
  const leavesSlot = isBuildLane(release.state) !== isBuildLane(next) || (isActive(release.state) && !isActive(next));
  if (next === 'queued' || (leavesSlot && event !== 'claimed')) await wakeQueue(tx, release.regionId);
  return next;
}

async function refusal(tx: Tx, change: Transition): Promise<AppError> {
  const [row] = await tx
    .select({ fence: releases.fence, state: releases.state })
    .from(releases)
    .where(and(eq(releases.id, change.release.id), eq(releases.orgId, change.release.orgId)));
  if (row && change.fence !== undefined && row.fence !== change.fence)
    return new AppError('fenced', 'Another worker has taken this release over.');
  return new AppError('conflict', `The release is ${row?.state ?? 'gone'} by now.`);
}

async function writeTrail(tx: Tx, now: DatabaseNow, change: Transition, next: ReleaseState): Promise<void> {
  const { release } = change;
  await tx
    .update(releaseSteps)
    .set({ endedAt: sql`${now()}`, ...(change.note === undefined ? {} : { note: change.note }) })
    .where(
      and(eq(releaseSteps.orgId, release.orgId), eq(releaseSteps.releaseId, release.id), isNull(releaseSteps.endedAt)),
    );
  await tx.insert(releaseSteps).values({
    orgId: release.orgId,
    releaseId: release.id,
    state: next,
    startedAt: sql`${now()}`,
    endedAt: isFinal(next) ? sql`${now()}` : null,
  });
  await tx.insert(deploymentEvents).values({
    orgId: release.orgId,
    projectId: release.projectId,
    deploymentId: release.deploymentId,
    releaseId: release.id,
    kind: `release.${next}`,
    data: { number: release.number, kind: release.kind, from: release.state, event: change.event, ...change.data },
    actorId: change.actorId ?? null,
  });
}

export interface NewRelease extends Omit<typeof releases.$inferInsert, 'state' | 'lane' | 'regionId' | 'id'> {
  id: string;
  regionId: string;
  lane: ReleaseRow['lane'];
}
/** Writes a release that waits for its turn, with its first step, its event and the queue's job. */
export async function insertQueued(tx: Tx, release: NewRelease): Promise<void> {
  await tx.insert(releases).values({ ...release, state: 'queued' });
  await tx.insert(releaseSteps).values({ orgId: release.orgId, releaseId: release.id, state: 'queued' });
  await tx.insert(deploymentEvents).values({
    orgId: release.orgId,
    projectId: release.projectId,
    deploymentId: release.deploymentId,
    releaseId: release.id,
    kind: 'release.queued',
    data: { number: release.number ?? null, kind: release.kind, trigger: release.trigger },
    actorId: release.requestedBy ?? null,
  });
  await wakeQueue(tx, release.regionId);
}

/**
 * Holds the waiting releases of a deployment. Who writes an event has the number lock of the organization until its
 * transaction ends, so that every row which it will want has to be held before: a claim waits for that lock with a row in hand.
 */
export async function lockWaiting(tx: Tx, orgId: string, deploymentId: string): Promise<void> {
  await tx
    .select({ id: releases.id })
    .from(releases)
    .where(
      and(
        eq(releases.orgId, orgId),
        eq(releases.deploymentId, deploymentId),
        inArray(releases.state, ['held', 'queued']),
      ),
    ) // prettier-ignore
    .orderBy(releases.id)
    .for('update');
}

/** Waiting releases of a deployment that a newer one makes pointless end as superseded. Answers their ids. */
export async function supersedeWaiting(
  tx: Tx,
  now: DatabaseNow,
  by: {
    orgId: string;
    deploymentId: string;
    releaseId: string;
    kinds: readonly ReleaseRow['kind'][];
    pushesOnly: boolean;
  },
): Promise<string[]> {
  const waiting = await tx
    .select()
    .from(releases)
    .where(
      and(
        eq(releases.orgId, by.orgId),
        eq(releases.deploymentId, by.deploymentId),
        inArray(releases.state, ['held', 'queued']),
        inArray(releases.kind, [...by.kinds]),
        by.pushesOnly ? sql`${releases.trigger} ->> 'by' = 'push'` : undefined,
        sql`${releases.id} <> ${by.releaseId}`,
      ),
    )
    .for('update');
  for (const release of waiting)
    await applyEvent(tx, now, { release, event: 'supersede-waiting', patch: { supersededBy: by.releaseId } });
  return waiting.map((release) => release.id);
}
