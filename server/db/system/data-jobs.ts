/** Dumps and restores of all organizations, as the worker sees them. */
import { and, asc, desc, eq, inArray, lt, lte, or, sql } from 'drizzle-orm';
import type { Db } from '#server/db/client.ts';
import { after, type DatabaseNow } from '#server/db/now.ts';
import { instances } from '#server/db/schema/instances.ts';
import { components, deployments } from '#server/db/schema/projects.ts';
import { deploymentEvents } from '#server/db/schema/releases.ts';
import { dataJobs, dumpSchedules } from '#server/db/schema/volumes.ts';
import { databaseOf } from '#server/domain/databases.ts';
import { newId } from '#server/ids.ts';

export type DataJobRow = typeof dataJobs.$inferSelect;

/** Takes the oldest that waits, or whose worker was lost; null when there is none. */
export function claimDataJob(db: Db, now: DatabaseNow, leaseMs: number): Promise<DataJobRow | null> {
  return db.transaction(async (tx) => {
    const [job] = await tx
      .select()
      .from(dataJobs)
      .where(
        or(eq(dataJobs.state, 'waiting'), and(eq(dataJobs.state, 'running'), lt(dataJobs.leaseUntil, sql`${now()}`))),
      )
      .orderBy(asc(dataJobs.createdAt))
      .limit(1)
      .for('update', { skipLocked: true });
    if (!job) return null;
    await tx
      .update(dataJobs)
      .set({
        state: 'running',
        startedAt: sql`coalesce(started_at, ${now()})`,
        leaseUntil: sql`${after(now, leaseMs)}`,
      })
      .where(and(eq(dataJobs.id, job.id), eq(dataJobs.orgId, job.orgId)));
    return job;
  });
}

export async function extendDataJob(db: Db, now: DatabaseNow, job: DataJobRow, leaseMs: number): Promise<void> {
  await db
    .update(dataJobs)
    .set({ leaseUntil: sql`${after(now, leaseMs)}` })
    .where(and(eq(dataJobs.id, job.id), eq(dataJobs.orgId, job.orgId), eq(dataJobs.state, 'running')));
}

export async function finishDataJob(
  db: Db,
  now: DatabaseNow,
  job: DataJobRow,
  values: { state: 'done' | 'failed'; sizeBytes?: number; checksum?: string; failure?: string },
): Promise<void> {
  await db.transaction(async (tx) => {
    const done = await tx
      .update(dataJobs)
      .set({ ...values, endedAt: sql`${now()}`, leaseUntil: null })
      .where(and(eq(dataJobs.id, job.id), eq(dataJobs.orgId, job.orgId), eq(dataJobs.state, 'running')))
      .returning({ id: dataJobs.id });
    if (done.length === 0) return;
    const [deployment] = await tx
      .select({ projectId: deployments.projectId })
      .from(deployments)
      .where(and(eq(deployments.id, job.deploymentId), eq(deployments.orgId, job.orgId)));
    if (!deployment) return;
    await tx.insert(deploymentEvents).values({
      orgId: job.orgId, projectId: deployment.projectId, deploymentId: job.deploymentId, kind: `database.${job.kind}`, actorId: job.requestedBy,
      data: { state: values.state, ...(values.failure === undefined ? {} : { failure: values.failure }) },
    }); // prettier-ignore
  });
}

/** The instance of the component that serves; null when none does. */
export async function servingInstance(db: Db, job: DataJobRow): Promise<string | null> {
  const [row] = await db
    .select({ id: instances.id })
    .from(instances)
    .where(
      and(
        eq(instances.orgId, job.orgId),
        eq(instances.deploymentId, job.deploymentId),
        eq(instances.componentId, job.componentId),
        eq(instances.state, 'live'),
        eq(instances.role, 'serving'),
      ),
    )
    .limit(1);
  return row?.id ?? null;
}

export async function dumpOf(db: Db, job: DataJobRow): Promise<DataJobRow | null> {
  const [row] = await db
    .select()
    .from(dataJobs)
    .where(and(eq(dataJobs.orgId, job.orgId), eq(dataJobs.id, job.dumpId ?? '')));
  return row ?? null;
}

/** Asks for the dumps that are due, and moves their schedules on. A missed time is made up for once. */
export function requestDueDumps(db: Db, now: DatabaseNow): Promise<number> {
  return db.transaction(async (tx) => {
    const due = await tx
      .select({ schedule: dumpSchedules, image: components.image, power: deployments.power })
      .from(dumpSchedules)
      .innerJoin(components, eq(components.id, dumpSchedules.componentId))
      .innerJoin(deployments, eq(deployments.id, dumpSchedules.deploymentId))
      .where(lte(dumpSchedules.nextAt, sql`${now()}`))
      .limit(50)
      .for('update', { of: dumpSchedules, skipLocked: true });
    for (const { schedule, image, power } of due) {
      await tx
        .update(dumpSchedules)
        .set({ nextAt: sql`${now()} + ${String(schedule.everyHours)}::int * interval '1 hour'` })
        .where(and(eq(dumpSchedules.id, schedule.id), eq(dumpSchedules.orgId, schedule.orgId)));
      const database = databaseOf(image);
      if (!database || power !== 'running') continue;
      const { orgId, deploymentId, componentId } = schedule;
      await tx.insert(dataJobs).values({
        id: newId('dataJob'), orgId, deploymentId, componentId, kind: 'dump', startedBy: 'schedule', engine: database.engine,
      }); // prettier-ignore
    }
    return due.length;
  });
}

/** Scheduled dumps beyond what their schedule keeps, and jobs of nothing any more. */
export async function surplusDumps(db: Db): Promise<DataJobRow[]> {
  const schedules = await db.select().from(dumpSchedules);
  const surplus: DataJobRow[] = [];
  for (const schedule of schedules) {
    const rows = await db
      .select()
      .from(dataJobs)
      .where(
        and(
          eq(dataJobs.orgId, schedule.orgId),
          eq(dataJobs.deploymentId, schedule.deploymentId),
          eq(dataJobs.componentId, schedule.componentId),
          eq(dataJobs.kind, 'dump'),
          eq(dataJobs.startedBy, 'schedule'),
          inArray(dataJobs.state, ['done', 'failed']),
        ),
      )
      .orderBy(desc(dataJobs.createdAt))
      .offset(schedule.keep)
      .limit(50);
    surplus.push(...rows);
  }
  return surplus;
}

export const dataJobsOf = (db: Db, orgId: string, deploymentId: string): Promise<DataJobRow[]> =>
  db
    .select()
    .from(dataJobs)
    .where(and(eq(dataJobs.orgId, orgId), eq(dataJobs.deploymentId, deploymentId)));

/** After its file is gone. */
export async function forgetDataJob(db: Db, job: DataJobRow): Promise<void> {
  await db.delete(dataJobs).where(and(eq(dataJobs.id, job.id), eq(dataJobs.orgId, job.orgId)));
}
