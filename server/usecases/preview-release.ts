/** What a request would ship now: the commits that the refs point to, and what stands in the way. Writes nothing but what `slipway.yaml` said. */
import { listComponentRows } from '#server/db/projects.ts';
import { findTag } from '#server/db/tags.ts';
import { manifestOffers } from '#server/domain/manifest-layer.ts';
import { diffComponents } from '#server/domain/draft-diff.ts';
import { snapshotVariableChanges } from '#server/domain/rollback.ts';
import type { CommitRef, ReleasePreview } from '#server/domain/views/releases.ts';
import { notFound } from '#server/errors.ts';
import { codeDiffs } from '#server/usecases/code-diff.ts';
import { rememberManifests } from '#server/usecases/apply-manifest.ts';
import { authorize, inOrg } from '#server/usecases/context.ts';
import {
  type FrozenCode,
  planSnapshot,
  type ReleaseContext,
  type RequestKind,
  resolveSnapshot,
} from '#server/usecases/plan-snapshot.ts';

const limitMs = 20_000;

/** @throws AppError forbidden, not_found, bad_input (what to mend), conflict, unavailable */
export async function previewRelease(
  ctx: ReleaseContext,
  input: { deploymentId: string; kind: RequestKind; tagId?: string | undefined },
): Promise<ReleasePreview> {
  authorize(ctx, 'release.read');
  const plan = await planSnapshot(ctx, input.deploymentId, input.kind, await frozenCode(ctx, input.tagId));
  const signal = AbortSignal.timeout(limitMs);
  const { snapshot, failure, manifests } = await resolveSnapshot(ctx, plan, signal);
  const offered = await inOrg(ctx, async (tx) => {
    const { orgId } = ctx.actor;
    const { id, projectId } = plan.deployment;
    if (input.kind === 'deploy' && !failure && input.tagId === undefined)
      await rememberManifests(tx, orgId, id, manifests);
    return manifestOffers(manifests, await listComponentRows(tx, orgId, projectId));
  });
  const commits = snapshot.components.flatMap(({ componentId, name, source }): CommitRef[] => {
    if (source.kind === 'image' || source.commit === '') return [];
    const { commit, message, author, refName } = source;
    return [{ componentId, component: name, commit, message, author, refName }];
  });
  const error = failure?.error;
  const live = plan.live?.snapshot ?? { components: [] };
  return {
    draftRevision: plan.draftRevision,
    commits,
    code: await codeDiffs(ctx, plan.live?.snapshot ?? null, snapshot.components, signal),
    liveNumber: plan.live?.number ?? null,
    components: diffComponents(live.components, snapshot.components.map((one) => ({ ...one, effective: one.settings }))), // prettier-ignore
    variables: snapshotVariableChanges(live, snapshot),
    problem: failure && error ? { componentId: failure.componentId, code: error.code, message: error.message, advice: error.advice } : null, // prettier-ignore
    offered,
  };
}

async function frozenCode(ctx: ReleaseContext, tagId: string | undefined): Promise<FrozenCode | undefined> {
  if (tagId === undefined) return undefined;
  const tag = await inOrg(ctx, (tx) => findTag(tx, ctx.actor.orgId, tagId));
  if (!tag) throw notFound();
  return tag.components;
}
