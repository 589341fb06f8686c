/** Looks at the branches of a repository at once, because somebody pushed to it, and deploys what follows them. */
import type { Task } from 'graphile-worker';
import { jobPayloads } from '#server/jobs.ts';
import type { Engine } from '#server/release/engine.ts';
import { deployMovedBranches } from '#server/usecases/deploy-moved-branches.ts';
import { pollBranchTips } from '#worker/branch-tips.ts';

export const lookAtRepositoryTask =
  ({ db, sources, keys, log }: Engine, stopping: AbortSignal): Task =>
  async (payload) => {
    const { repositoryId } = jobPayloads['look-at-repository'].parse(payload);
    await pollBranchTips({ db, sources, key: keys.credentials, log }, stopping, repositoryId);
    await deployMovedBranches({ db, sources, keys, log }, stopping);
  };
