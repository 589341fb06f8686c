/** Automatic deploys pause after a rollback, so that the next push does not bring back what was taken away. */
import { and, eq, isNotNull } from 'drizzle-orm';
import { writeAudit } from '#server/db/audit.ts';
import { recordEvent } from '#server/db/events.ts';
import { deployments } from '#server/db/schema/projects.ts';
import { notFound } from '#server/errors.ts';
import { authorize, inOrg, type UseCaseContext } from '#server/usecases/context.ts';

/** Resuming what is not paused is fine. @throws AppError forbidden, not_found */
export async function resumeAutomaticDeploys(
  ctx: Pick<UseCaseContext, 'actor' | 'db'>,
  input: { deploymentId: string },
): Promise<{ id: string }> {
  authorize(ctx, 'deployment.operate');
  const { orgId, userId: actorId } = ctx.actor;
  return inOrg(ctx, async (tx) => {
    const mine = and(eq(deployments.orgId, orgId), eq(deployments.id, input.deploymentId));
    const [known] = await tx.select({ projectId: deployments.projectId }).from(deployments).where(mine);
    if (!known) throw notFound();
    const resumed = await tx
      .update(deployments)
      .set({ autoPausedReason: null })
      .where(and(mine, isNotNull(deployments.autoPausedReason)))
      .returning({ id: deployments.id });
    if (resumed.length > 0) {
      await recordEvent(tx, { orgId, projectId: known.projectId, deploymentId: input.deploymentId, kind: 'deployment.auto-resumed', actorId }); // prettier-ignore
      await writeAudit(tx, { orgId, actorId, action: 'deployment.resume-automatic', resourceKind: 'deployment', resourceId: input.deploymentId }); // prettier-ignore
    }
    return { id: input.deploymentId };
  });
}
