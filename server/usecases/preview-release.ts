/** What a request would ship now: the commits that the refs point to, and what stands in the way. Writes nothing. */
import type { CommitRef } from '#server/domain/views/releases.ts';
import { authorize } from '#server/usecases/context.ts';
import {
  planSnapshot,
  type ReleaseContext,
  type RequestKind,
  resolveSnapshot,
} from '#server/usecases/plan-snapshot.ts';

export interface ReleasePreview {
  draftRevision: number;
  commits: CommitRef[];
  /** A repository that cannot be read now. */
  problem: { componentId: string; code: string; message: string; advice: string } | null;
}
const limitMs = 20_000;

/** @throws AppError forbidden, not_found, bad_input (what to mend), conflict, unavailable */
export async function previewRelease(
  ctx: ReleaseContext,
  input: { deploymentId: string; kind: RequestKind },
): Promise<ReleasePreview> {
  authorize(ctx, 'release.read');
  const plan = await planSnapshot(ctx, input.deploymentId, input.kind);
  const { snapshot, failure } = await resolveSnapshot(ctx, plan, AbortSignal.timeout(limitMs));
  const commits = snapshot.components.flatMap(({ componentId, name, source }): CommitRef[] => {
    if (source.kind === 'image' || source.commit === '') return [];
    const { commit, message, author, refName } = source;
    return [{ componentId, component: name, commit, message, author, refName }];
  });
  const error = failure?.error;
  return {
    draftRevision: plan.draftRevision,
    commits,
    problem: failure && error ? { componentId: failure.componentId, code: error.code, message: error.message, advice: error.advice } : null, // prettier-ignore
  };
}
