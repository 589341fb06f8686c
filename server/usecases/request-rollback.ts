/**
 * Restores an earlier release: its images and its configuration, without a build. It goes first, ends what is on the way
 * as long as that has not published its routes, and pauses automatic deploys until a person resumes them.
 */
import { and, eq } from 'drizzle-orm';
import { holdReleaseArtifacts } from '#server/db/artifacts.ts';
import { writeAudit } from '#server/db/audit.ts';
import { lockDeployment } from '#server/db/clear-the-way.ts';
import type { Tx } from '#server/db/client.ts';
import { databaseNow } from '#server/db/now.ts';
import { releaseById } from '#server/db/publications.ts';
import { type DeploymentRow, queueRollback, rollbackUnderWay } from '#server/db/rollbacks.ts';
import type { ReleaseRow } from '#server/db/releases.ts';
import { deployments } from '#server/db/schema/projects.ts';
import type { ReleaseRequested } from '#server/domain/views/releases.ts';
import { AppError, notFound } from '#server/errors.ts';
import { authorize, inOrg, type UseCaseContext } from '#server/usecases/context.ts';
import { restorableReleases, rollbackRefusals } from '#server/db/rollback-offer.ts';

export interface RollbackSubject {
  deployment: DeploymentRow;
  target: ReleaseRow;
  live: ReleaseRow | null;
}
/** @throws AppError not_found */
export async function loadRollback(tx: Tx, orgId: string, releaseId: string): Promise<RollbackSubject> {
  const target = await releaseById(tx, orgId, releaseId);
  if (!target) throw notFound();
  const [deployment] = await tx
    .select()
    .from(deployments)
    .where(and(eq(deployments.id, target.deploymentId), eq(deployments.orgId, orgId)));
  if (!deployment) throw notFound();
  const live = deployment.liveReleaseId === null ? null : await releaseById(tx, orgId, deployment.liveReleaseId);
  return { deployment, target, live };
}

const numbers = (rows: readonly ReleaseRow[]): string => rows.map((row) => String(row.number)).join(', ');

/** @throws AppError conflict when the release cannot be restored, with those that can. */
async function assertRestorable(tx: Tx, { deployment, target }: RollbackSubject): Promise<void> {
  const { liveReleaseId, power } = deployment;
  const refusals = await rollbackRefusals(tx, deployment.orgId, [{ ...target, liveReleaseId, power }]);
  const refusal = refusals.get(target.id);
  if (refusal === null) return;
  const others = await restorableReleases(tx, deployment);
  const offer = others.length === 0 ? 'No other release can be restored.' : `Releases that can: ${numbers(others)}.`;
  throw new AppError(
    'conflict',
    `Release ${String(target.number ?? '')} cannot be restored. ${refusal ?? ''}. ${offer}`,
  );
}

/**
 * A second identical request answers the first.
 * @throws AppError forbidden, not_found, conflict (not restorable: the reason and the releases that are)
 */
export async function requestRollback(
  ctx: Pick<UseCaseContext, 'actor' | 'db'>,
  input: { releaseId: string },
): Promise<ReleaseRequested> {
  authorize(ctx, 'release.create');
  const { orgId, userId } = ctx.actor;
  return inOrg(ctx, async (tx) => {
    await lockDeployment(tx, (await loadRollback(tx, orgId, input.releaseId)).deployment.id);
    const subject = await loadRollback(tx, orgId, input.releaseId);
    const { deployment, target, live } = subject;
    const toNumber = target.number;
    const again = toNumber === null ? null : await rollbackUnderWay(tx, deployment, toNumber);
    if (again) return { releaseId: again.id, number: again.number };
    await holdReleaseArtifacts(tx, orgId, target.id);
    await assertRestorable(tx, subject);
    if (toNumber === null || !live) throw new AppError('conflict', 'Nothing is live: there is nothing to roll back.');
    const trigger = { by: 'rollback' as const, toNumber };
    const pausedReason = `rolled back to release ${String(toNumber)}`;
    const { id, number } = await queueRollback(tx, databaseNow, { deployment, target, live, trigger, actorId: userId, pausedReason }); // prettier-ignore
    await writeAudit(tx, { orgId, actorId: userId, action: 'release.rollback', resourceKind: 'release', resourceId: id, data: { deploymentId: deployment.id, number, toNumber } }); // prettier-ignore
    return { releaseId: id, number };
  });
}
