/** Dumps of databases: taking one, playing one back, when they are taken by themselves. The worker does it. */
import { and, count, eq, inArray } from 'drizzle-orm';
import { writeAudit } from '#server/db/audit.ts';
import type { Tx } from '#server/db/client.ts';
import { findDataJob } from '#server/db/data-jobs.ts';
import { findDeployment } from '#server/db/deployments.ts';
import { recordEvent } from '#server/db/events.ts';
import { findComponent } from '#server/db/projects.ts';
import { dataJobs, dumpSchedules } from '#server/db/schema/volumes.ts';
import { databaseKinds, databaseOf } from '#server/domain/databases.ts';
import { AppError, badInput, notFound } from '#server/errors.ts';
import { newId } from '#server/ids.ts';
import { authorize, inOrg, type UseCaseContext } from '#server/usecases/context.ts';

interface Place {
  deploymentId: string;
  componentId: string;
}
/** Kept at once of one database, scheduled ones included. */
const keptDumps = 100;

async function databaseAt(tx: Tx, orgId: string, { deploymentId, componentId }: Place) {
  const deployment = await findDeployment(tx, orgId, deploymentId);
  const component = await findComponent(tx, orgId, componentId);
  if (!deployment || component?.projectId !== deployment.projectId) throw notFound();
  const database = databaseOf(component.image);
  if (!database) throw badInput('componentId', `${component.name} is not a database.`);
  return { deployment, component, database };
}

async function assertIdle(tx: Tx, orgId: string, place: Place): Promise<void> {
  const [row] = await tx
    .select({ busy: count() })
    .from(dataJobs)
    .where(
      and(
        eq(dataJobs.orgId, orgId),
        eq(dataJobs.deploymentId, place.deploymentId),
        eq(dataJobs.componentId, place.componentId),
        inArray(dataJobs.state, ['waiting', 'running']),
      ),
    );
  if ((row?.busy ?? 0) > 0) throw new AppError('conflict', 'A dump or a restore of this database is on its way.');
}

async function note(
  ctx: UseCaseContext,
  tx: Tx,
  place: Place & { projectId: string },
  what: string,
  data: Record<string, unknown>,
): Promise<void> {
  const { orgId, userId: actorId } = ctx.actor;
  const { projectId, deploymentId, componentId } = place;
  await recordEvent(tx, { orgId, projectId, deploymentId, kind: `database.${what}`, actorId, data });
  await writeAudit(tx, { orgId, actorId, action: `database.${what}`, resourceKind: 'component', resourceId: componentId, data }); // prettier-ignore
}

/** @throws AppError not_found, bad_input, conflict, too_many */
export async function requestDump(ctx: UseCaseContext, input: Place): Promise<{ id: string }> {
  authorize(ctx, 'deployment.operate');
  const { orgId, userId } = ctx.actor;
  const { deploymentId, componentId } = input;
  return inOrg(ctx, async (tx) => {
    const { deployment, component, database } = await databaseAt(tx, orgId, input);
    await assertIdle(tx, orgId, input);
    const here = and(eq(dataJobs.orgId, orgId), eq(dataJobs.deploymentId, deploymentId), eq(dataJobs.componentId, componentId)); // prettier-ignore
    if ((await tx.$count(dataJobs, here)) >= keptDumps)
      throw new AppError('too_many', `At most ${keptDumps} dumps of one database are kept. Delete older ones first.`);
    const id = newId('dataJob');
    await tx.insert(dataJobs).values({
      id, orgId, deploymentId, componentId, kind: 'dump', startedBy: 'person', engine: database.engine, requestedBy: userId,
    }); // prettier-ignore
    await note(ctx, tx, { ...input, projectId: deployment.projectId }, 'dump.requested', { name: component.name });
    return { id };
  });
}

/**
 * Replaces all data of the database with that of a dump, of this deployment or another one of the project.
 * @throws AppError not_found, bad_input (the name, another engine), conflict
 */
export async function requestRestore(
  ctx: UseCaseContext,
  input: Place & { dumpId: string; typedName: string },
): Promise<{ id: string }> {
  authorize(ctx, 'deployment.delete');
  const { orgId, userId } = ctx.actor;
  const { deploymentId, componentId, dumpId } = input;
  return inOrg(ctx, async (tx) => {
    const { deployment, component, database } = await databaseAt(tx, orgId, input);
    const dump = await findDataJob(tx, orgId, dumpId);
    const from = dump && (await findDeployment(tx, orgId, dump.deploymentId));
    if (!dump || dump.kind !== 'dump' || from?.projectId !== deployment.projectId) throw notFound();
    if (input.typedName !== component.name) throw badInput('typedName', `Type ${component.name} to replace its data.`);
    if (dump.state !== 'done') throw new AppError('conflict', 'This dump is not finished.');
    if (dump.engine !== database.engine) throw badInput('dumpId', `It is a dump of ${engineTitle(dump.engine)}, this is ${databaseKinds[database.engine].title}.`); // prettier-ignore
    await assertIdle(tx, orgId, input);
    const id = newId('dataJob');
    await tx.insert(dataJobs).values({
      id, orgId, deploymentId, componentId, kind: 'restore', startedBy: 'person', engine: database.engine, dumpId, requestedBy: userId,
    }); // prettier-ignore
    await note(ctx, tx, { ...input, projectId: deployment.projectId }, 'restore.requested', {
      name: component.name,
      dumpId,
    });
    return { id };
  });
}
const engineTitle = (engine: string): string =>
  Object.entries(databaseKinds).find(([name]) => name === engine)?.[1].title ?? 'another database';

export interface ScheduleInput extends Place {
  /** Null: none are taken by themselves. */
  everyHours: number | null;
  keep: number;
}

/** @throws AppError not_found, bad_input */
export async function scheduleDumps(ctx: UseCaseContext, input: ScheduleInput): Promise<{ everyHours: number | null }> {
  authorize(ctx, 'deployment.update');
  const { orgId } = ctx.actor;
  const { deploymentId, componentId, everyHours, keep } = input;
  return inOrg(ctx, async (tx) => {
    const { deployment, component } = await databaseAt(tx, orgId, input);
    const here = and(eq(dumpSchedules.orgId, orgId), eq(dumpSchedules.deploymentId, deploymentId), eq(dumpSchedules.componentId, componentId)); // prettier-ignore
    if (everyHours === null) await tx.delete(dumpSchedules).where(here);
    else {
      const nextAt = new Date(ctx.clock.now().getTime() + everyHours * 3_600_000);
      await tx
        .insert(dumpSchedules)
        .values({ id: newId('dumpSchedule'), orgId, deploymentId, componentId, everyHours, keep, nextAt })
        .onConflictDoUpdate({
          target: [dumpSchedules.deploymentId, dumpSchedules.componentId],
          set: { everyHours, keep, nextAt },
        });
    }
    await note(ctx, tx, { ...input, projectId: deployment.projectId }, 'scheduled', { name: component.name, everyHours, keep }); // prettier-ignore
    return { everyHours };
  });
}
