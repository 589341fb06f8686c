/** Requests a release: the snapshot is written once, gets its number and waits in the region's queue. */
import type { ReleaseKind } from '#server/domain/release-machine.ts';
import type { ReleaseTrigger } from '#server/domain/release.ts';
import type { ReleaseRequested } from '#server/domain/views/releases.ts';
import { rememberManifests } from '#server/usecases/apply-manifest.ts';
import { authorize, inOrg } from '#server/usecases/context.ts';
import { assertShownCode, type ShownCommit } from '#server/usecases/shown-code.ts';
import { planSnapshot, type ReleaseContext, type RequestKind, resolveSnapshot } from '#server/usecases/plan-snapshot.ts'; // prettier-ignore
import { assertDraft, draftChanged, writeRelease } from '#server/usecases/write-release.ts';

export interface RequestReleaseInput {
  deploymentId: string;
  kind: RequestKind;
  /** The draft that was shown; another one in between is a conflict. Not for `trigger`, which leaves the draft out. */
  draftRevision?: number | undefined;
  /** The commits that were shown; what a ref means by now is a conflict when it differs. */
  commits?: readonly ShownCommit[] | undefined;
  note?: string | undefined;
  /** Who or what asked, when it was not the person by hand. */
  trigger?: ReleaseTrigger;
}

const resolveLimitMs = 30_000;

/**
 * @throws AppError forbidden, not_found, bad_input (what to mend), conflict (the draft or a branch changed, nothing live,
 * not running), too_many, unavailable
 */
export async function requestRelease(ctx: ReleaseContext, input: RequestReleaseInput): Promise<ReleaseRequested> {
  authorize(ctx, 'release.create');
  const { orgId, userId } = ctx.actor;
  const plan = await planSnapshot(ctx, input.deploymentId, input.kind);
  const { deployment } = plan;
  const draftRevision = input.kind === 'trigger' ? null : plan.draftRevision;
  if (draftRevision !== null && (input.draftRevision ?? draftRevision) !== draftRevision) throw draftChanged();
  const { snapshot, failure, manifests } = await resolveSnapshot(ctx, plan, AbortSignal.timeout(resolveLimitMs));
  if (!failure) assertShownCode(snapshot, input.commits);
  const kind: ReleaseKind = input.kind === 'configuration' ? 'configuration' : 'deploy';
  const trigger = input.trigger ?? { by: 'person' as const, ...(input.note ? { note: input.note } : {}) };
  return inOrg(ctx, async (tx) => {
    await rememberManifests(tx, orgId, deployment.id, manifests);
    if (draftRevision !== null) await assertDraft(tx, orgId, deployment.id, draftRevision);
    return writeRelease(tx, { deployment, kind, snapshot, failure, trigger, requestedBy: userId, draftRevision, audit: { kind: input.kind } }); // prettier-ignore
  });
}
