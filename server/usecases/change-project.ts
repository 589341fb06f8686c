/** Renaming, deleting and restoring projects. */
import { and, eq, gt, inArray, isNull } from 'drizzle-orm';
import { writeAudit } from '#server/db/audit.ts';
import { recordProjectEvent } from '#server/db/events.ts';
import { findProject } from '#server/db/projects.ts';
import { deployments, projects } from '#server/db/schema/projects.ts';
import { restorableUntil, trashHours } from '#server/domain/limits.ts';
import { badInput, notFound } from '#server/errors.ts';
import { authorize, inOrg, type UseCaseContext } from '#server/usecases/context.ts';

/** Changes the name that people read; slug and host names stay. @throws AppError not_found */
export async function renameProject(
  ctx: UseCaseContext,
  input: { projectId: string; name: string },
): Promise<{ id: string; name: string }> {
  authorize(ctx, 'project.update');
  const { orgId, userId: actorId } = ctx.actor;
  return inOrg(ctx, async (tx) => {
    const rows = await tx
      .update(projects)
      .set({ name: input.name })
      .where(and(eq(projects.orgId, orgId), eq(projects.id, input.projectId), isNull(projects.deletedAt)))
      .returning({ id: projects.id, name: projects.name });
    const row = rows[0];
    if (!row) throw notFound();
    await recordProjectEvent(tx, { orgId, projectId: row.id, kind: 'project.renamed', actorId, data: { name: row.name } }); // prettier-ignore
    await writeAudit(tx, { orgId, actorId, action: 'project.rename', resourceKind: 'project', resourceId: row.id, data: { name: row.name } }); // prettier-ignore
    return row;
  });
}

/** Puts the project and all its deployments into the trash for 48 hours. @throws AppError not_found, bad_input */
export async function deleteProject(
  ctx: UseCaseContext,
  input: { projectId: string; typedName: string },
): Promise<{ id: string; restorableUntil: Date }> {
  authorize(ctx, 'project.delete');
  const { orgId, userId: actorId } = ctx.actor;
  const deletedAt = ctx.clock.now();
  return inOrg(ctx, async (tx) => {
    const project = await findProject(tx, orgId, input.projectId);
    if (!project || project.id !== input.projectId) throw notFound();
    if (input.typedName !== project.slug) throw badInput('typedName', `Type ${project.slug} to delete it.`);
    await tx
      .update(deployments)
      .set({ power: 'trashed', deletedAt })
      .where(
        and(
          eq(deployments.orgId, orgId),
          eq(deployments.projectId, project.id),
          inArray(deployments.power, ['running', 'suspended', 'stopped']),
        ),
      );
    await tx
      .update(projects)
      .set({ deletedAt })
      .where(and(eq(projects.orgId, orgId), eq(projects.id, project.id)));
    await recordProjectEvent(tx, { orgId, projectId: project.id, kind: 'deployment.trashed', actorId });
    await writeAudit(tx, { orgId, actorId, action: 'project.delete', resourceKind: 'project', resourceId: project.id });
    return { id: project.id, restorableUntil: restorableUntil(deletedAt) };
  });
}

/** Undoes a deletion of the last 48 hours; its deployments come back stopped. @throws AppError not_found */
export async function restoreProject(ctx: UseCaseContext, input: { projectId: string }): Promise<{ id: string }> {
  authorize(ctx, 'project.delete');
  const { orgId, userId: actorId } = ctx.actor;
  const since = new Date(ctx.clock.now().getTime() - trashHours * 3_600_000);
  return inOrg(ctx, async (tx) => {
    const rows = await tx
      .update(projects)
      .set({ deletedAt: null })
      .where(and(eq(projects.orgId, orgId), eq(projects.id, input.projectId), gt(projects.deletedAt, since)))
      .returning({ id: projects.id });
    if (rows.length === 0) throw notFound();
    await tx
      .update(deployments)
      .set({ power: 'running', deletedAt: null })
      .where(and(eq(deployments.orgId, orgId), eq(deployments.projectId, input.projectId), eq(deployments.power, 'trashed'))); // prettier-ignore
    await recordProjectEvent(tx, { orgId, projectId: input.projectId, kind: 'deployment.restored', actorId });
    await writeAudit(tx, { orgId, actorId, action: 'project.restore', resourceKind: 'project', resourceId: input.projectId }); // prettier-ignore
    return { id: input.projectId };
  });
}
