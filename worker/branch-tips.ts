/** Looks at the tip of every followed branch once a minute, so that a page can say "main is 2 commits ahead". */
import type { Db } from '#server/db/client.ts';
import { repositoryLocation } from '#server/db/repository-locations.ts';
import { confirmTip, type FollowedBranch, knownTip, listFollowedBranches, moveTip } from '#server/db/system/tips.ts';
import type { Logger } from '#server/log.ts';
import type { SourceProvider } from '#server/source/types.ts';

export interface BranchTipsDeps {
  db: Db;
  sources: SourceProvider;
  /** Unseals credentials. */
  key: Buffer;
  log: Logger;
}
const atOnce = 4;
const lookTimeoutMs = 30_000;
const historyLength = 100;

async function look({ db, sources, key }: BranchTipsDeps, branch: FollowedBranch, signal: AbortSignal): Promise<void> {
  const location = await repositoryLocation(db, key, branch.orgId, branch.repositoryId);
  const { commit, message } = await sources.resolve(location, { kind: 'branch', name: branch.ref }, signal);
  if (commit === (await knownTip(db, branch))) return confirmTip(db, branch);
  const history = await sources.history(location, commit, historyLength, signal);
  await moveTip(db, branch, { commit, message, history });
}

/**
 * One round over all branches, four at a time. A repository that cannot be read keeps its last answer; its page shows the age.
 * @param repositoryId only the branches of this one
 */
export async function pollBranchTips(deps: BranchTipsDeps, signal: AbortSignal, repositoryId?: string): Promise<void> {
  for (let cursor: string | null = ''; cursor !== null && !signal.aborted;) {
    const page: Awaited<ReturnType<typeof listFollowedBranches>> = await listFollowedBranches(deps.db, cursor);
    const waiting = page.branches.filter(
      (branch) => repositoryId === undefined || branch.repositoryId === repositoryId,
    );
    const work = async (): Promise<void> => {
      for (let branch = waiting.pop(); branch && !signal.aborted; branch = waiting.pop()) {
        const limited = AbortSignal.any([signal, AbortSignal.timeout(lookTimeoutMs)]);
        await look(deps, branch, limited).catch((error: unknown) =>
          deps.log.info('a branch could not be looked at', { repositoryId: branch?.repositoryId, error }),
        );
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    cursor = page.next;
  }
}
