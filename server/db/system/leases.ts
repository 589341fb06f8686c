/**
 * Leases on releases. Who works on one holds a row's lease with a number that only grows; PostgreSQL, the agent and the
 * edge refuse older numbers, so that a worker which was paused or cut off cannot write any more.
 */
import { and, eq, inArray, isNotNull, isNull, lt, lte, or, sql } from 'drizzle-orm';
import type { Db, Tx } from '#server/db/client.ts';
import { after, type DatabaseNow } from '#server/db/now.ts';
import { wakeQueue, wakeRelease } from '#server/db/releases.ts';
import { releases } from '#server/db/schema/releases.ts';
import { type ReleaseState, workingStates } from '#server/domain/release-machine.ts';
import { AppError } from '#server/errors.ts';

export interface Lease {
  releaseId: string;
  orgId: string;
  owner: string;
  fence: number;
}

const free = (now: DatabaseNow) => or(isNull(releases.leaseUntil), lt(releases.leaseUntil, sql`${now()}`));

/** Takes the lease when nobody holds it and the release is due; null otherwise. A lease that ran out counts as a takeover. */
export async function takeLease(
  db: Db,
  now: DatabaseNow,
  releaseId: string,
  owner: string,
  leaseMs: number,
): Promise<Lease | null> {
  const [row] = await db
    .update(releases)
    .set({
      leaseOwner: owner,
      leaseUntil: sql`${after(now, leaseMs)}`,
      fence: sql`nextval('lease_fences')`,
      takeovers: sql`${releases.takeovers} + case when ${releases.leaseOwner} is null then 0 else 1 end`,
    })
    .where(
      and(
        eq(releases.id, releaseId),
        inArray(releases.state, [...workingStates]),
        lte(releases.dueAt, sql`${now()}`),
        free(now),
      ),
    )
    .returning({ orgId: releases.orgId, fence: releases.fence });
  return row ? { releaseId, orgId: row.orgId, owner, fence: row.fence } : null;
}

/** Holds the lease longer and answers the state as it is now; null when it is another's. */
export async function extendLease(
  db: Db,
  now: DatabaseNow,
  lease: Lease,
  leaseMs: number,
): Promise<ReleaseState | null> {
  const [row] = await db
    .update(releases)
    .set({ leaseUntil: sql`${after(now, leaseMs)}` })
    .where(and(eq(releases.id, lease.releaseId), eq(releases.orgId, lease.orgId), eq(releases.fence, lease.fence)))
    .returning({ state: releases.state });
  return row?.state ?? null;
}

/** Gives it back, so that the next worker need not wait for its end; due again after `delayMs`. Nothing happens when it is another's. */
export async function releaseLease(db: Db, now: DatabaseNow, lease: Lease, delayMs = 0): Promise<void> {
  await db
    .update(releases)
    .set({ leaseOwner: null, leaseUntil: null, dueAt: sql`${after(now, delayMs)}` })
    .where(and(eq(releases.id, lease.releaseId), eq(releases.orgId, lease.orgId), eq(releases.fence, lease.fence)));
}

/**
 * Runs writes of a worker in a transaction that holds the release's row, so that none happens after a takeover.
 * @throws AppError fenced when the lease is another's; conflict when the release is not in `state` any more.
 */
export const fencedWrite = <T>(db: Db, lease: Lease, state: ReleaseState, work: (tx: Tx) => Promise<T>): Promise<T> =>
  db.transaction(async (tx) => {
    const [row] = await tx
      .select({ fence: releases.fence, state: releases.state })
      .from(releases)
      .where(and(eq(releases.id, lease.releaseId), eq(releases.orgId, lease.orgId)))
      .for('update');
    if (row?.fence !== lease.fence) throw new AppError('fenced', 'Another worker has taken this release over.');
    if (row.state !== state) throw new AppError('conflict', `The release is ${row.state} by now.`);
    return work(tx);
  });

/**
 * Ends leases at once whose worker is known to be dead: a worker that starts again on the same machine need not wait for
 * them to run out. Answers how many.
 * @param isDead decides by the owner's name.
 */
export async function endDeadLeases(db: Db, now: DatabaseNow, isDead: (owner: string) => boolean): Promise<number> {
  const held = await db
    .selectDistinct({ owner: releases.leaseOwner })
    .from(releases)
    .where(isNotNull(releases.leaseOwner));
  const dead = held.flatMap(({ owner }) => (owner !== null && isDead(owner) ? [owner] : []));
  if (dead.length === 0) return 0;
  const ended = await db
    .update(releases)
    .set({ leaseUntil: sql`${now()} - interval '1 second'` })
    .where(inArray(releases.leaseOwner, dead))
    .returning({ id: releases.id });
  return ended.length;
}

/** Adds a job for each release that is due and that nobody works on, and for each region with a queue. Answers how many. */
export async function wakeDue(db: Db, now: DatabaseNow): Promise<{ releases: number; regions: number }> {
  return db.transaction(async (tx) => {
    const due = await tx
      .select({ id: releases.id, lane: releases.lane, state: releases.state })
      .from(releases)
      .where(and(inArray(releases.state, [...workingStates]), lte(releases.dueAt, sql`${now()}`), free(now)))
      .orderBy(releases.dueAt)
      .limit(200);
    for (const release of due) await wakeRelease(tx, release, release.state);
    const queues = await tx
      .selectDistinct({ regionId: releases.regionId })
      .from(releases)
      .where(inArray(releases.state, ['held', 'queued']));
    for (const queue of queues) await wakeQueue(tx, queue.regionId);
    return { releases: due.length, regions: queues.length };
  });
}
