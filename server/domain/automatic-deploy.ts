/** Whether a branch that moved asks for a deploy. Pure. */
import type { SnapshotComponent } from '#server/domain/release.ts';

/** Component id → commit. */
export type Tips = Readonly<Record<string, string>>;

/** Components of what is live that follow a branch, with the commit that they have. */
export function followedBranches(
  live: readonly SnapshotComponent[],
): { componentId: string; repositoryId: string; ref: string; commit: string }[] {
  return live.flatMap(({ componentId, source, settings }) => {
    if (source.kind !== 'repository' || settings.ref.kind !== 'branch') return [];
    return [{ componentId, repositoryId: source.repositoryId, ref: settings.ref.name, commit: source.commit }];
  });
}

/** The commits that a release ships, for comparing. */
export function commitsOf(components: readonly Pick<SnapshotComponent, 'componentId' | 'source'>[]): Tips {
  const tips: Record<string, string> = {};
  for (const { componentId, source } of components) if (source.kind === 'repository') tips[componentId] = source.commit;
  return tips;
}

/**
 * True when a branch is at a commit that neither is live nor was asked for before. A tip that failed, or that a person
 * went back from, is asked for once: only a branch that moves on is deployed again.
 */
export function hasMoved(state: { live: Tips; asked: Tips | null; tips: Tips }): boolean {
  return Object.entries(state.tips).some(([componentId, tip]) => {
    const isLive = state.live[componentId] === tip;
    return !isLive && state.asked?.[componentId] !== tip;
  });
}
