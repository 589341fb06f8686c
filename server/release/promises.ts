/** The history of a bench, as the checker reads it: rows from the database, calls from the recorder, the fakes at the end. */
import { existsSync, readdirSync } from 'node:fs';
import { eq } from 'drizzle-orm';
import { networks } from '#server/db/schema/instances.ts';
import { deployments } from '#server/db/schema/projects.ts';
import type { Bench } from '#server/release/bench.ts';
import { brokenPromises } from '#server/release/checker.ts';
import { readHistory } from '#server/release/history-table.ts';
import type { History } from '#server/release/history.ts';

async function historyOf(bench: Bench): Promise<History> {
  const { db } = bench.engine;
  const { deploymentId } = bench.made;
  const [deployment] = await db.select().from(deployments).where(eq(deployments.id, deploymentId));
  const rows = await db.select().from(networks).where(eq(networks.deploymentId, deploymentId));
  const { calls, published, confirmed, containers, requests } = bench.recorder.recording;
  const specs = bench.region.runtime.specs().filter((spec) => spec.deploymentId === deploymentId);
  const folders = existsSync(bench.engine.workDir) ? readdirSync(bench.engine.workDir) : [];
  return {
    ...(await readHistory(db, [deploymentId])),
    published: published.filter((one) => one.deploymentId === deploymentId),
    confirmed,
    containers,
    calls,
    requests,
    excuses: [],
    end: {
      containers: specs.map((spec) => spec.id),
      running: bench.region.runtime.runningIds(),
      networks: bench.region.runtime.networks().flatMap((one) => (one.deploymentId === deploymentId ? [deploymentId] : [])),
      networkRows: rows.map((row) => row.deploymentId),
      leftovers: [...folders, ...[...bench.builds.images.values()].map((work) => `image of ${work}`)],
      deployments: deployment ? [{ id: deployment.id, power: deployment.power, liveReleaseId: deployment.liveReleaseId }] : [],
    }, // prettier-ignore
  };
}

/** Call it when nothing is due any more. */
export const checkPromises = async (bench: Bench): Promise<string[]> => brokenPromises(await historyOf(bench));
