/** Edit release: the settings of an earlier release become the draft. Nothing that runs changes. */
import { and, eq, sql } from 'drizzle-orm';
import { writeAudit } from '#server/db/audit.ts';
import { readDraft } from '#server/db/drafts.ts';
import { recordEvent } from '#server/db/events.ts';
import { listComponentRows } from '#server/db/projects.ts';
import { releaseById } from '#server/db/publications.ts';
import { drafts } from '#server/db/schema/projects.ts';
import { draftOfRelease } from '#server/domain/draft-of-release.ts';
import { isOperation } from '#server/domain/release-machine.ts';
import { AppError, badInput, notFound } from '#server/errors.ts';
import { authorize, inOrg, type UseCaseContext } from '#server/usecases/context.ts';

/**
 * Variables and add-ons are no part of a draft and stay. Components that the project no longer has are left out and named.
 * @param input.revision the draft that the page showed.
 * @throws AppError forbidden, not_found, bad_input (an operation), conflict (another revision came in between)
 */
export async function loadReleaseIntoDraft(
  ctx: UseCaseContext,
  input: { releaseId: string; revision: number },
): Promise<{ revision: number; leftOut: string[] }> {
  authorize(ctx, 'deployment.update');
  const { orgId, userId } = ctx.actor;
  return inOrg(ctx, async (tx) => {
    const release = await releaseById(tx, orgId, input.releaseId);
    if (!release) throw notFound();
    if (isOperation(release.kind)) throw badInput('releaseId', 'An operation has no settings of its own.');
    const { deploymentId, projectId, number } = release;
    const present = await readDraft(tx, orgId, deploymentId);
    if (!present) throw notFound();
    const components = await listComponentRows(tx, orgId, projectId);
    const { document, leftOut } = draftOfRelease(release.snapshot, components, present.document);
    const [saved] = await tx
      .update(drafts)
      .set({ document, revision: sql`${drafts.revision} + 1`, updatedBy: userId, updatedAt: ctx.clock.now() })
      .where(and(eq(drafts.orgId, orgId), eq(drafts.deploymentId, deploymentId), eq(drafts.revision, input.revision)))
      .returning({ revision: drafts.revision });
    if (!saved)
      throw new AppError('conflict', 'The draft was changed meanwhile. Look at it, then load the release again.', { field: 'revision' }); // prettier-ignore
    await recordEvent(tx, { orgId, projectId, deploymentId, kind: 'draft.saved', actorId: userId, data: { revision: saved.revision, fromRelease: number } }); // prettier-ignore
    await writeAudit(tx, { orgId, actorId: userId, action: 'draft.load-release', resourceKind: 'deployment', resourceId: deploymentId, data: { revision: saved.revision, releaseId: release.id } }); // prettier-ignore
    return { revision: saved.revision, leftOut };
  });
}
