/**
 * What a scale changed belongs to the live release from then on, and to the draft: a restart, a resume, a wake and the
 * next deploy start from there. Settings of other kinds never change after the request.
 */
import { and, eq, sql } from 'drizzle-orm';
import type { Tx } from '#server/db/client.ts';
import { releaseById } from '#server/db/publications.ts';
import type { ReleaseRow } from '#server/db/releases.ts';
import { drafts } from '#server/db/schema/projects.ts';
import { releases } from '#server/db/schema/releases.ts';
import { applyScale, scaleDraft } from '#server/domain/operations.ts';

/** In the transaction in which the scale goes live. */
export async function keepScale(tx: Tx, release: ReleaseRow, liveReleaseId: string | null): Promise<void> {
  const { scale } = release.snapshot;
  if (release.kind !== 'scale' || !scale || liveReleaseId === null) return;
  const { orgId, deploymentId, requestedBy } = release;
  const live = await releaseById(tx, orgId, liveReleaseId);
  if (!live) return;
  await tx
    .update(releases)
    .set({ snapshot: applyScale(live.snapshot, scale) })
    .where(and(eq(releases.id, live.id), eq(releases.orgId, orgId)));
  const mine = and(eq(drafts.deploymentId, deploymentId), eq(drafts.orgId, orgId));
  const [draft] = await tx.select().from(drafts).where(mine).for('update');
  if (!draft) return;
  const document = scaleDraft(draft.document, scale);
  if (JSON.stringify(document) === JSON.stringify(draft.document)) return;
  const revision = sql`${drafts.revision} + 1`;
  await tx.update(drafts).set({ document, revision, updatedBy: requestedBy, updatedAt: new Date() }).where(mine);
}
