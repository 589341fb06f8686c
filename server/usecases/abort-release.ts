/** Aborts a release that is not live yet. What it did is taken back by the engine; the answer comes at once. */
import { and, eq, isNull } from 'drizzle-orm';
import { writeAudit } from '#server/db/audit.ts';
import { databaseNow } from '#server/db/now.ts';
import { applyEvent } from '#server/db/releases.ts';
import { releases } from '#server/db/schema/releases.ts';
import { isCancellable, isWaiting } from '#server/domain/release-machine.ts';
import { AppError, notFound } from '#server/errors.ts';
import { authorize, inOrg, type UseCaseContext } from '#server/usecases/context.ts';

/**
 * Aborting twice is fine.
 * @throws AppError forbidden, not_found, conflict (its routes are published, it is live, or it has ended)
 */
export async function abortRelease(
  ctx: Pick<UseCaseContext, 'actor' | 'db'>,
  input: { releaseId: string },
): Promise<{ releaseId: string }> {
  authorize(ctx, 'release.abort');
  const { orgId, userId } = ctx.actor;
  await inOrg(ctx, async (tx) => {
    // The lock keeps the worker from publishing while we decide.
    const [release] = await tx
      .select()
      .from(releases)
      .where(and(eq(releases.id, input.releaseId), eq(releases.orgId, orgId)))
      .for('update');
    if (!release) throw notFound();
    const { state } = release;
    if (state === 'cancelling' || state === 'aborted') return;
    if (state === 'live' || state === 'retiring' || state === 'retired' || release.routeGeneration !== null)
      throw new AppError('conflict', 'It is already live: use rollback to go back.');
    if (!isCancellable(state) || release.failure !== null)
      throw new AppError('conflict', 'It has ended already: there is nothing to abort.');
    await applyEvent(tx, databaseNow, {
      release,
      event: isWaiting(state) ? 'abort-waiting' : 'cancel',
      patch: { cancelTo: 'aborted' },
      where: isNull(releases.routeGeneration),
      actorId: userId,
    });
    await writeAudit(tx, { orgId, actorId: userId, action: 'release.abort', resourceKind: 'release', resourceId: release.id, data: { state } }); // prettier-ignore
  });
  return { releaseId: input.releaseId };
}
