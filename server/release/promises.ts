/**
 * The promises of security.md 3.2 as a check over what was recorded: rows and events of the deployment, publications of
 * the edge, and what the machine holds at the end. Answers one sentence per promise that was broken.
 */
import { asc, eq } from 'drizzle-orm';
import { existsSync, readdirSync } from 'node:fs';
import { instances } from '#server/db/schema/instances.ts';
import { deployments } from '#server/db/schema/projects.ts';
import { deploymentEvents, releases } from '#server/db/schema/releases.ts';
import { outcomes } from '#server/domain/release-machine.ts';
import type { Bench } from '#server/release/bench.ts';

const ends: readonly string[] = outcomes.map((outcome) => `release.${outcome}`);

/** Call it when nothing is due any more. */
export async function checkPromises(bench: Bench): Promise<string[]> {
  const { db } = bench.engine;
  const { deploymentId } = bench.made;
  const rows = await db.select().from(releases).where(eq(releases.deploymentId, deploymentId));
  const events = await db.select().from(deploymentEvents).where(eq(deploymentEvents.deploymentId, deploymentId)).orderBy(asc(deploymentEvents.seq)); // prettier-ignore
  const started = await db.select().from(instances).where(eq(instances.deploymentId, deploymentId));
  const [deployment] = await db.select().from(deployments).where(eq(deployments.id, deploymentId));
  const broken: string[] = [];
  for (const release of rows) {
    const reached = events.filter((event) => event.releaseId === release.id && ends.includes(event.kind));
    if (reached.length !== 1)
      broken.push(`P1: ${release.id} reached ${reached.length} ends: ${reached.map((event) => event.kind).join(', ')}`);
    if (release.outcome === 'failed' && (!release.failure?.message || !release.failure.advice))
      broken.push(`P8: ${release.id} failed without a reason or advice`);
    if (release.outcome !== 'failed' && release.failure)
      broken.push(`P8: ${release.id} has a failure and is ${release.state}`);
  }
  const published = bench.edge.history.filter((one) => one.deploymentId === deploymentId);
  for (const [index, one] of published.entries()) {
    const before = published[index - 1];
    if (before && one.generation <= before.generation)
      broken.push(`P5: generation ${one.generation} after ${before.generation}`);
  }
  const serving = started.filter((row) => row.state !== 'removed').map((row) => row.id).sort(); // prettier-ignore
  const machine = bench.region.runtime.specs().filter((spec) => spec.deploymentId === deploymentId).map((spec) => spec.id).sort(); // prettier-ignore
  if (JSON.stringify(serving) !== JSON.stringify(machine))
    broken.push(`P4: rows say ${serving.join(', ')}; the machine has ${machine.join(', ')}`);
  const named = (published.at(-1)?.targets ?? []).flatMap((target) => target.servers.map((server) => server.name));
  const running = new Set(bench.region.runtime.runningIds());
  for (const name of named) if (!running.has(name)) broken.push(`P2: the edge names ${name}, which does not run`);
  if (deployment?.liveReleaseId && named.length === 0) broken.push('P2: a release is live and the edge names nobody');
  if (existsSync(bench.engine.workDir) && readdirSync(bench.engine.workDir).length > 0)
    broken.push(`P4: folders are left: ${readdirSync(bench.engine.workDir).join(', ')}`);
  const images = [...bench.builds.images.values()];
  if (images.length > 0) broken.push(`P4: the builder keeps images of ${images.join(', ')}`);
  const hooks = started
    .filter((row) => row.role === 'hook')
    .map((row) => `${row.startedBy} ${row.componentId} ${row.hook}`);
  if (new Set(hooks).size !== hooks.length) broken.push('P6: a hook ran twice');
  return broken;
}
