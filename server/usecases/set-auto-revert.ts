/** Whether a deployment goes back by itself when what went live crashes again and again. No part of a release. */
import { and, eq, ne } from 'drizzle-orm';
import { writeAudit } from '#server/db/audit.ts';
import { recordEvent } from '#server/db/events.ts';
import { deployments } from '#server/db/schema/projects.ts';
import { notFound } from '#server/errors.ts';
import { authorize, inOrg, type UseCaseContext } from '#server/usecases/context.ts';

/** @throws AppError forbidden, not_found */
export function setAutoRevert(
  ctx: Pick<UseCaseContext, 'actor' | 'db'>,
  input: { deploymentId: string; enabled: boolean },
): Promise<{ id: string; autoRevert: boolean }> {
  authorize(ctx, 'deployment.update');
  const { orgId, userId: actorId } = ctx.actor;
  const { deploymentId, enabled } = input;
  return inOrg(ctx, async (tx) => {
    const mine = and(eq(deployments.orgId, orgId), eq(deployments.id, deploymentId));
    const [row] = await tx.select({ projectId: deployments.projectId }).from(deployments).where(mine);
    if (!row) throw notFound();
    const set = await tx
      .update(deployments)
      .set({ autoRevert: enabled })
      .where(and(mine, ne(deployments.autoRevert, enabled)))
      .returning({ id: deployments.id });
    if (set.length > 0) {
      const kind = enabled ? 'deployment.revert-on' : 'deployment.revert-off';
      await recordEvent(tx, { orgId, projectId: row.projectId, deploymentId, kind, actorId });
      await writeAudit(tx, { orgId, actorId, action: 'deployment.auto-revert', resourceKind: 'deployment', resourceId: deploymentId, data: { enabled } }); // prettier-ignore
    }
    return { id: deploymentId, autoRevert: enabled };
  });
}
