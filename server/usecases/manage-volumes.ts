/** Volumes of a deployment: growing, deleting, restoring. What the machine does about it follows. */
import { and, eq, gt, inArray } from 'drizzle-orm';
import { writeAudit } from '#server/db/audit.ts';
import type { Tx } from '#server/db/client.ts';
import { recordEvent } from '#server/db/events.ts';
import { deployments } from '#server/db/schema/projects.ts';
import { releases } from '#server/db/schema/releases.ts';
import { volumes } from '#server/db/schema/volumes.ts';
import { findVolume, type VolumeRow } from '#server/db/volumes.ts';
import { restorableUntil, trashHours } from '#server/domain/limits.ts';
import { activeStates, waitingStates } from '#server/domain/release-machine.ts';
import { gib } from '#server/domain/volumes.ts';
import { AppError, badInput, notFound } from '#server/errors.ts';
import { authorize, inOrg, type UseCaseContext } from '#server/usecases/context.ts';

async function volumeOf(tx: Tx, orgId: string, id: string): Promise<VolumeRow> {
  const row = await findVolume(tx, orgId, id);
  if (!row || row.state === 'deleting') throw notFound();
  return row;
}

async function note(
  ctx: UseCaseContext,
  tx: Tx,
  row: VolumeRow,
  what: string,
  data: Record<string, unknown> = {},
): Promise<void> {
  const { orgId, userId: actorId } = ctx.actor;
  const { projectId, deploymentId } = row;
  await recordEvent(tx, { orgId, projectId, deploymentId, kind: `volume.${what}`, actorId, data: { name: row.name, ...data } }); // prettier-ignore
  await writeAudit(tx, { orgId, actorId, action: `volume.${what}`, resourceKind: 'volume', resourceId: row.id, data });
}

/** Names that the live release, or one on its way, mounts: `<component>/<name>`. */
export async function mountedVolumes(tx: Tx, orgId: string, deploymentId: string): Promise<Set<string>> {
  const [deployment] = await tx
    .select({ live: deployments.liveReleaseId })
    .from(deployments)
    .where(and(eq(deployments.orgId, orgId), eq(deployments.id, deploymentId)));
  const rows = await tx
    .select({ id: releases.id, state: releases.state, snapshot: releases.snapshot })
    .from(releases)
    .where(
      and(
        eq(releases.orgId, orgId),
        eq(releases.deploymentId, deploymentId),
        inArray(releases.state, [...waitingStates, ...activeStates, 'live']),
      ),
    );
  return new Set(
    rows
      .filter((row) => row.state !== 'live' || row.id === deployment?.live)
      .flatMap((row) => row.snapshot.components)
      .flatMap((one) => (one.settings.volumes ?? []).map((volume) => `${one.componentId}/${volume.name}`)),
  );
}

/** It never shrinks. Takes effect within seconds, or at the next start where the machine cannot do it in use. @throws AppError not_found, bad_input, conflict */
export async function growVolume(
  ctx: UseCaseContext,
  input: { volumeId: string; sizeGib: number },
): Promise<{ id: string; sizeBytes: number }> {
  authorize(ctx, 'deployment.update');
  const { orgId } = ctx.actor;
  return inOrg(ctx, async (tx) => {
    const row = await volumeOf(tx, orgId, input.volumeId);
    if (row.state !== 'active') throw new AppError('conflict', 'It is in the trash: restore it first.');
    const sizeBytes = input.sizeGib * gib;
    if (sizeBytes <= row.sizeBytes) throw badInput('sizeGib', `It has ${Math.round(row.sizeBytes / gib)} GiB, and volumes only grow.`); // prettier-ignore
    await tx
      .update(volumes)
      .set({ sizeBytes, growsAtStart: true })
      .where(and(eq(volumes.orgId, orgId), eq(volumes.id, row.id)));
    await note(ctx, tx, row, 'grown', { sizeGib: input.sizeGib });
    return { id: row.id, sizeBytes };
  });
}

/** Into the trash, where it can be restored for 48 hours. @throws AppError not_found, bad_input, conflict while it is mounted */
export async function deleteVolume(
  ctx: UseCaseContext,
  input: { volumeId: string; typedName: string },
): Promise<{ id: string; restorableUntil: Date }> {
  authorize(ctx, 'deployment.delete');
  const { orgId } = ctx.actor;
  const trashedAt = ctx.clock.now();
  return inOrg(ctx, async (tx) => {
    const row = await volumeOf(tx, orgId, input.volumeId);
    if (input.typedName !== row.name) throw badInput('typedName', `Type ${row.name} to delete it.`);
    if (row.state !== 'active') throw new AppError('conflict', 'It is in the trash already.');
    if ((await mountedVolumes(tx, orgId, row.deploymentId)).has(`${row.componentId}/${row.name}`))
      throw new AppError('conflict', 'The release that runs, or one on its way, mounts it. Take it out of the component and deploy first.'); // prettier-ignore
    await move(tx, row, 'active', { state: 'trashed', trashedAt });
    await note(ctx, tx, row, 'trashed');
    return { id: row.id, restorableUntil: restorableUntil(trashedAt) };
  });
}

/** @throws AppError not_found when its time is over, conflict when the component has another one of its name by now */
export async function restoreVolume(ctx: UseCaseContext, input: { volumeId: string }): Promise<{ id: string }> {
  authorize(ctx, 'deployment.delete');
  const { orgId } = ctx.actor;
  const since = new Date(ctx.clock.now().getTime() - trashHours * 3_600_000);
  return inOrg(ctx, async (tx) => {
    const row = await volumeOf(tx, orgId, input.volumeId);
    if (row.state !== 'trashed' || (row.trashedAt ?? since) <= since) throw notFound();
    const isTaken = and(
      eq(volumes.orgId, orgId),
      eq(volumes.deploymentId, row.deploymentId),
      eq(volumes.componentId, row.componentId),
      eq(volumes.name, row.name),
      eq(volumes.state, 'active'),
    );
    if ((await tx.$count(volumes, isTaken)) > 0)
      throw new AppError('conflict', `The component has a new volume named ${row.name}. Delete that one first.`);
    await move(tx, row, 'trashed', { state: 'active', trashedAt: null });
    await note(ctx, tx, row, 'restored');
    return { id: row.id };
  });
}

/** Frees its disk now; nothing brings it back. @throws AppError not_found, bad_input, conflict unless it is in the trash */
export async function purgeVolume(
  ctx: UseCaseContext,
  input: { volumeId: string; typedName: string },
): Promise<{ id: string }> {
  authorize(ctx, 'deployment.delete');
  const { orgId } = ctx.actor;
  return inOrg(ctx, async (tx) => {
    const row = await volumeOf(tx, orgId, input.volumeId);
    if (input.typedName !== row.name) throw badInput('typedName', `Type ${row.name} to delete it.`);
    if (row.state !== 'trashed') throw new AppError('conflict', 'Delete it first: then it is in the trash.');
    await move(tx, row, 'trashed', { state: 'deleting' });
    await note(ctx, tx, row, 'deleted');
    return { id: row.id };
  });
}

/** Only from the state that was looked at. @throws AppError conflict */
async function move(tx: Tx, row: VolumeRow, from: VolumeRow['state'], values: Partial<VolumeRow>): Promise<void> {
  const moved = await tx
    .update(volumes)
    .set(values)
    .where(and(eq(volumes.orgId, row.orgId), eq(volumes.id, row.id), eq(volumes.state, from)))
    .returning({ id: volumes.id });
  if (moved.length === 0) throw new AppError('conflict', 'Somebody else was faster. Look again.');
}

/** A deployment in the trash is deleted for good now, with everything in it. @throws AppError not_found, bad_input */
export async function deleteDeploymentNow(
  ctx: UseCaseContext,
  input: { deploymentId: string; typedName: string },
): Promise<{ id: string }> {
  authorize(ctx, 'deployment.delete');
  const { orgId, userId: actorId } = ctx.actor;
  const since = new Date(ctx.clock.now().getTime() - trashHours * 3_600_000);
  return inOrg(ctx, async (tx) => {
    const [row] = await tx
      .select({ id: deployments.id, slug: deployments.slug, projectId: deployments.projectId })
      .from(deployments)
      .where(
        and(
          eq(deployments.orgId, orgId),
          eq(deployments.id, input.deploymentId),
          eq(deployments.power, 'trashed'),
          gt(deployments.deletedAt, since),
        ),
      )
      .for('update');
    if (!row) throw notFound();
    if (input.typedName !== row.slug) throw badInput('typedName', `Type ${row.slug} to delete it for good.`);
    await tx
      .update(deployments)
      .set({ power: 'deleting' })
      .where(and(eq(deployments.orgId, orgId), eq(deployments.id, row.id)));
    await recordEvent(tx, {
      orgId,
      projectId: row.projectId,
      deploymentId: row.id,
      kind: 'deployment.deleting',
      actorId,
    });
    await writeAudit(tx, { orgId, actorId, action: 'deployment.delete-now', resourceKind: 'deployment', resourceId: row.id }); // prettier-ignore
    return { id: row.id };
  });
}
