/** The commits that a release would bring to each component, or take back. */
import { repositoryLocation } from '#server/db/repository-locations.ts';
import { commitsBetween, type LoggedCommit, lookedAt } from '#server/domain/code-diff.ts';
import type { ReleaseSnapshot, SnapshotComponent, SnapshotSource } from '#server/domain/release.ts';
import type { CodeDiff } from '#server/domain/views/releases.ts';
import { SourceFailure } from '#server/source/types.ts';
import type { PlanContext } from '#server/usecases/plan-snapshot.ts';

type Log = (repositoryId: string, commit: string) => Promise<LoggedCommit[]>;

/** Each history is read once, and one that is gone is empty: a rewritten branch must not hide what ships. */
function logs(ctx: PlanContext, signal: AbortSignal): Log {
  const read = new Map<string, Promise<LoggedCommit[]>>();
  const look = async (repositoryId: string, commit: string): Promise<LoggedCommit[]> => {
    const location = await repositoryLocation(ctx.db, ctx.keys.credentials, ctx.actor.orgId, repositoryId);
    return ctx.sources.log(location, commit, lookedAt, signal).catch((error: unknown) => {
      if (error instanceof SourceFailure) return [];
      throw error;
    });
  };
  return (repositoryId, commit) => {
    const key = `${repositoryId} ${commit}`;
    const known = read.get(key) ?? look(repositoryId, commit);
    read.set(key, known);
    return known;
  };
}

async function between(
  log: Log,
  was: SnapshotSource | undefined,
  next: Extract<SnapshotSource, { kind: 'repository' }>,
): Promise<Pick<CodeDiff, 'from' | 'relation' | 'commits' | 'more'>> {
  const { repositoryId, commit } = next;
  const from = was === undefined ? null : was.kind === 'image' ? was.reference : was.commit;
  if (from === commit) return { from, relation: 'same', commits: [], more: 0 };
  const known = await log(repositoryId, commit);
  const ofTo = known.length > 0 ? known : [{ commit, message: next.message, author: next.author, at: null }];
  const isSameRepository = was?.kind === 'repository' && was.repositoryId === repositoryId;
  const isAhead = ofTo.some((one) => one.commit === from);
  const ofFrom = isSameRepository && !isAhead ? await log(repositoryId, was.commit) : [];
  return { from, ...commitsBetween(from, commit, { ofTo, ofFrom }) };
}

/** Components in the order of `next`; those whose code cannot be read are left out. @throws AppError unavailable */
export async function codeDiffs(
  ctx: PlanContext,
  live: ReleaseSnapshot | null,
  next: readonly Pick<SnapshotComponent, 'componentId' | 'name' | 'source'>[],
  signal: AbortSignal,
): Promise<CodeDiff[]> {
  const log = logs(ctx, signal);
  const found = await Promise.all(
    next.map(async ({ componentId, name, source }): Promise<CodeDiff | null> => {
      const was = live?.components.find((one) => one.componentId === componentId)?.source;
      if (source.kind === 'image') {
        const from = was === undefined ? null : was.kind === 'image' ? was.reference : was.commit;
        const relation = from === source.reference ? ('same' as const) : ('image' as const);
        return { componentId, component: name, from, to: source.reference, refName: null, builtBy: null, relation, commits: [], more: 0 }; // prettier-ignore
      }
      if (source.commit === '') return null;
      const { builtBy } = source;
      return {
        componentId,
        component: name,
        to: source.commit,
        refName: source.refName,
        builtBy: builtBy ? { deployment: builtBy.deployment, number: builtBy.number } : null,
        ...(await between(log, was, source)),
      };
    }),
  );
  return found.filter((diff) => diff !== null);
}
