/** What the worker does again and again beside its jobs. A round that fails is said and tried again at its next turn. */
import type { Engine } from '#server/release/engine.ts';
import { followConsoles } from '#server/release/follow-consoles.ts';
import { purgeDeployments } from '#server/release/purge.ts';
import { runDataJobs } from '#server/release/data-jobs.ts';
import { observeVolumes, settleVolumes } from '#server/release/storage.ts';
import { sweepArtifacts } from '#server/release/sweep-artifacts.ts';
import { sweepOrphans, sweepReleases } from '#server/release/sweep.ts';
import { createMetrics } from '#worker/metrics.ts';
import { pollBranchTips } from '#worker/branch-tips.ts';
import { deployMovedBranches } from '#server/usecases/deploy-moved-branches.ts';
import { removeOldJobs } from '#server/db/system/jobs.ts';
import { replaceCrashedInstances } from '#server/db/system/crashed-instances.ts';
import { replaceLostInstances } from '#server/db/system/lost-instances.ts';
import { revertCrashLoops } from '#server/db/system/auto-revert.ts';
import { removeOldUsage } from '#server/db/system/usage.ts';
import { reconcilePower } from '#server/db/system/power.ts';

/** Times the sweep: what nobody wants any more is gone within a minute. */
const orphanSweeps = 6;
const branchTipsMs = 60_000;
const metricsMs = 10_000;

async function every(
  engine: Engine,
  name: string,
  ms: number,
  signal: AbortSignal,
  round: () => Promise<unknown>,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await round();
    } catch (error) {
      if (!signal.aborted) engine.log.warn(`${name} failed, trying again`, { error });
    }
    await engine.background.sleep(ms, signal).catch(() => undefined);
  }
}

/** Runs until the signal fires. */
export async function runLoops(engine: Engine, signal: AbortSignal): Promise<void> {
  const { sweep } = engine.times;
  const clean = sweep * orphanSweeps;
  const { instances } = engine.region({ scope: 'worker', number: 0 });
  const measure = createMetrics({ db: engine.db, now: engine.now, instances, elapsedMs: () => performance.now() });
  await Promise.all([
    every(engine, 'sweep', sweep, signal, () => sweepReleases(engine)),
    every(engine, 'following consoles', sweep, signal, () => followConsoles(engine)),
    every(engine, 'looking at branches', branchTipsMs * engine.timeScale, signal, async () => {
      const { db, sources, keys, log } = engine;
      await pollBranchTips({ db, sources, key: keys.credentials, log }, signal);
      await deployMovedBranches({ db, sources, keys, log }, signal);
    }),
    every(engine, 'measuring', metricsMs, signal, () => measure(signal)),
    every(engine, 'matching power', sweep, signal, () => reconcilePower(engine.db, engine.now)),
    every(engine, 'reverting crash loops', sweep, signal, () =>
      revertCrashLoops(engine.db, engine.now, engine.timeScale),
    ),
    every(engine, 'replacing lost instances', sweep, signal, () => replaceLostInstances(engine.db)),
    every(engine, 'replacing crashed instances', sweep, signal, () => replaceCrashedInstances(engine.db, engine.now)),
    // Apart from each other: what is stuck in one must not hold up the others.
    every(engine, 'removing orphans', clean, signal, () => sweepOrphans(engine, signal)),
    every(engine, 'deleting deployments', clean, signal, () => purgeDeployments(engine, signal)),
    every(engine, 'removing images', clean, signal, () => sweepArtifacts(engine, signal)),
    every(engine, 'settling volumes', sweep, signal, () => settleVolumes(engine, signal)),
    every(engine, 'dumping databases', sweep, signal, () => runDataJobs(engine, signal)),
    every(engine, 'measuring volumes', clean, signal, () => observeVolumes(engine, signal)),
    every(engine, 'removing old jobs', clean, signal, () => removeOldJobs(engine.db)),
    every(engine, 'removing old usage', branchTipsMs * 60, signal, () => removeOldUsage(engine.db, engine.now)),
  ]);
}
