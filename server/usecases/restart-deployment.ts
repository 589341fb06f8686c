/** Restarts instances: new ones of the same release beside the old, then the switch. An operation, without a number. */
import { and, eq, inArray } from 'drizzle-orm';
import { writeAudit } from '#server/db/audit.ts';
import { insertQueued } from '#server/db/releases.ts';
import { deployments } from '#server/db/schema/projects.ts';
import { releases } from '#server/db/schema/releases.ts';
import { kindRules, waitingStates } from '#server/domain/release-machine.ts';
import type { ReleaseRequested } from '#server/domain/views/releases.ts';
import { AppError, badInput, notFound } from '#server/errors.ts';
import { newId } from '#server/ids.ts';
import { authorize, inOrg, type UseCaseContext } from '#server/usecases/context.ts';

/**
 * Without `componentIds`: all components. A restart of the deployment that waits already is answered again.
 * @throws AppError forbidden, not_found, conflict (nothing live, not running), bad_input (no such component)
 */
export async function restartDeployment(
  ctx: Pick<UseCaseContext, 'actor' | 'db'>,
  input: { deploymentId: string; componentIds?: readonly string[] | undefined },
): Promise<ReleaseRequested> {
  authorize(ctx, 'deployment.operate');
  const { orgId, userId } = ctx.actor;
  return inOrg(ctx, async (tx) => {
    const [deployment] = await tx
      .select()
      .from(deployments)
      .where(and(eq(deployments.id, input.deploymentId), eq(deployments.orgId, orgId)))
      .for('update');
    if (!deployment) throw notFound();
    if (deployment.liveReleaseId === null) throw new AppError('conflict', 'Nothing is live yet: deploy first.');
    if (deployment.power !== 'running' || deployment.deletedAt !== null)
      throw new AppError('conflict', 'This deployment does not run. Resume or restore it first.');
    const [live] = await tx
      .select()
      .from(releases)
      .where(and(eq(releases.id, deployment.liveReleaseId), eq(releases.orgId, orgId)));
    if (!live) throw notFound();
    const known = live.snapshot.components.map((one) => one.componentId);
    const affects = [...(input.componentIds ?? known)];
    if (affects.length === 0 || affects.some((id) => !known.includes(id)))
      throw badInput('componentIds', 'Only components of the live release can be restarted.');
    const [waiting] = await tx
      .select({ id: releases.id, snapshot: releases.snapshot })
      .from(releases)
      .where(and(eq(releases.orgId, orgId), eq(releases.deploymentId, deployment.id), eq(releases.kind, 'restart'), inArray(releases.state, [...waitingStates]))); // prettier-ignore
    if (waiting && affects.every((id) => waiting.snapshot.affects?.includes(id)))
      return { releaseId: waiting.id, number: null };
    const id = newId('release');
    await insertQueued(tx, {
      id, orgId, projectId: deployment.projectId, deploymentId: deployment.id, regionId: deployment.regionId, number: null, kind: 'restart',
      lane: kindRules.restart.lane, snapshot: { ...live.snapshot, affects }, trigger: { by: 'person' }, requestedBy: userId,
    }); // prettier-ignore
    await writeAudit(tx, { orgId, actorId: userId, action: 'deployment.restart', resourceKind: 'deployment', resourceId: deployment.id, data: { affects } }); // prettier-ignore
    return { releaseId: id, number: null };
  });
}
