/** Renaming, deleting and restoring deployments. */
import { and, eq, gt, inArray } from 'drizzle-orm';
import { writeAudit } from '#server/db/audit.ts';
import { findDeployment } from '#server/db/deployments.ts';
import { recordEvent } from '#server/db/events.ts';
import { deployments } from '#server/db/schema/projects.ts';
import { restorableUntil, trashHours } from '#server/domain/limits.ts';
import { AppError, badInput, notFound } from '#server/errors.ts';
import { authorize, inOrg, type UseCaseContext } from '#server/usecases/context.ts';

/** Changes the name that people read; slug and host name stay. @throws AppError not_found */
export async function renameDeployment(
  ctx: UseCaseContext,
  input: { deploymentId: string; name: string },
): Promise<{ id: string; name: string }> {
  authorize(ctx, 'deployment.update');
  const { orgId, userId: actorId } = ctx.actor;
  return inOrg(ctx, async (tx) => {
    const rows = await tx
      .update(deployments)
      .set({ name: input.name })
      .where(and(eq(deployments.orgId, orgId), eq(deployments.id, input.deploymentId)))
      .returning({ id: deployments.id, name: deployments.name, projectId: deployments.projectId });
    const row = rows[0];
    if (!row) throw notFound();
    await recordEvent(tx, { orgId, projectId: row.projectId, deploymentId: row.id, kind: 'deployment.renamed', actorId, data: { name: row.name } }); // prettier-ignore
    await writeAudit(tx, { orgId, actorId, action: 'deployment.rename', resourceKind: 'deployment', resourceId: row.id, data: { name: row.name } }); // prettier-ignore
    return { id: row.id, name: row.name };
  });
}

/** Puts it into the trash: it stops serving, and for 48 hours it can be restored. @throws AppError not_found, bad_input, conflict */
export async function deleteDeployment(
  ctx: UseCaseContext,
  input: { deploymentId: string; typedName: string },
): Promise<{ id: string; restorableUntil: Date }> {
  authorize(ctx, 'deployment.delete');
  const { orgId, userId: actorId } = ctx.actor;
  const deletedAt = ctx.clock.now();
  return inOrg(ctx, async (tx) => {
    const row = await findDeployment(tx, orgId, input.deploymentId);
    if (!row) throw notFound();
    if (input.typedName !== row.slug) throw badInput('typedName', `Type ${row.slug} to delete it.`);
    const moved = await tx
      .update(deployments)
      .set({ power: 'trashed', deletedAt })
      .where(
        and(
          eq(deployments.orgId, orgId),
          eq(deployments.id, row.id),
          inArray(deployments.power, ['running', 'suspended', 'stopped']),
        ),
      ) // prettier-ignore
      .returning({ id: deployments.id });
    if (moved.length === 0) throw new AppError('conflict', 'It is in the trash already.');
    await recordEvent(tx, {
      orgId,
      projectId: row.projectId,
      deploymentId: row.id,
      kind: 'deployment.trashed',
      actorId,
    });
    await writeAudit(tx, {
      orgId,
      actorId,
      action: 'deployment.delete',
      resourceKind: 'deployment',
      resourceId: row.id,
    });
    return { id: row.id, restorableUntil: restorableUntil(deletedAt) };
  });
}

/** Takes it out of the trash. @throws AppError not_found when it is not there, or not any more. */
export async function restoreDeployment(ctx: UseCaseContext, input: { deploymentId: string }): Promise<{ id: string }> {
  authorize(ctx, 'deployment.delete');
  const { orgId, userId: actorId } = ctx.actor;
  const since = new Date(ctx.clock.now().getTime() - trashHours * 3_600_000);
  return inOrg(ctx, async (tx) => {
    const rows = await tx
      .update(deployments)
      .set({ power: 'running', deletedAt: null })
      .where(
        and(
          eq(deployments.orgId, orgId),
          eq(deployments.id, input.deploymentId),
          eq(deployments.power, 'trashed'),
          gt(deployments.deletedAt, since),
        ),
      ) // prettier-ignore
      .returning({ id: deployments.id, projectId: deployments.projectId });
    const row = rows[0];
    if (!row) throw notFound();
    await recordEvent(tx, {
      orgId,
      projectId: row.projectId,
      deploymentId: row.id,
      kind: 'deployment.restored',
      actorId,
    });
    await writeAudit(tx, {
      orgId,
      actorId,
      action: 'deployment.restore',
      resourceKind: 'deployment',
      resourceId: row.id,
    });
    return { id: row.id };
  });
}
