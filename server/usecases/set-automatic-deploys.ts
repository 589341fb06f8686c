/** Whether a deployment deploys by itself when a branch of what is live moves. Takes effect at once; no part of a release. */
import { and, eq } from 'drizzle-orm';
import { writeAudit } from '#server/db/audit.ts';
import { listBranchTips } from '#server/db/branch-tips.ts';
import type { Tx } from '#server/db/client.ts';
import { recordEvent } from '#server/db/events.ts';
import { releaseById } from '#server/db/publications.ts';
import { deployments } from '#server/db/schema/projects.ts';
import { followedBranches, type Tips } from '#server/domain/automatic-deploy.ts';
import { notFound } from '#server/errors.ts';
import { authorize, inOrg, type UseCaseContext } from '#server/usecases/context.ts';

/**
 * Switching it on deploys nothing by itself: what the branches are at now counts as seen, the next move is deployed.
 * @throws AppError forbidden, not_found
 */
export function setAutomaticDeploys(
  ctx: Pick<UseCaseContext, 'actor' | 'db'>,
  input: { deploymentId: string; enabled: boolean },
): Promise<{ id: string; autoDeploy: boolean }> {
  authorize(ctx, 'deployment.update');
  const { orgId, userId: actorId } = ctx.actor;
  const { deploymentId, enabled } = input;
  return inOrg(ctx, async (tx) => {
    const [row] = await tx
      .select({
        projectId: deployments.projectId,
        autoDeploy: deployments.autoDeploy,
        liveReleaseId: deployments.liveReleaseId,
      }) // prettier-ignore
      .from(deployments)
      .where(and(eq(deployments.orgId, orgId), eq(deployments.id, deploymentId)))
      .for('update');
    if (!row) throw notFound();
    if (row.autoDeploy === enabled) return { id: deploymentId, autoDeploy: enabled };
    const seen = enabled && row.liveReleaseId !== null ? await seenTips(tx, orgId, row.liveReleaseId) : null;
    await tx
      .update(deployments)
      .set({ autoDeploy: enabled, autoDeployed: seen })
      .where(and(eq(deployments.orgId, orgId), eq(deployments.id, deploymentId)));
    const kind = enabled ? 'deployment.auto-on' : 'deployment.auto-off';
    await recordEvent(tx, { orgId, projectId: row.projectId, deploymentId, kind, actorId });
    await writeAudit(tx, { orgId, actorId, action: 'deployment.automatic', resourceKind: 'deployment', resourceId: deploymentId, data: { enabled } }); // prettier-ignore
    return { id: deploymentId, autoDeploy: enabled };
  });
}

async function seenTips(tx: Tx, orgId: string, liveReleaseId: string): Promise<Tips> {
  const live = await releaseById(tx, orgId, liveReleaseId);
  const followed = followedBranches(live?.snapshot.components ?? []);
  if (followed.length === 0) return {};
  const tips = await listBranchTips(tx, orgId, followed.map((one) => one.repositoryId)); // prettier-ignore
  return Object.fromEntries(
    followed.map(({ componentId, repositoryId, ref, commit }) => {
      const tip = tips.find((one) => one.repositoryId === repositoryId && one.ref === ref);
      return [componentId, tip?.commit ?? commit];
    }),
  );
}
