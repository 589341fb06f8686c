/** Rollback click → live, against the boot of the same image by hand; quiet, and with builds running and queued. */
import { openDatabaseClient } from '#e2e/facts.ts';
import type { GitServer } from '#e2e/git-server.ts';
import { makeGitProject, type MadePlace } from '#e2e/places.ts';
import { deploy, type Program, waitForEnd } from '#e2e/program.ts';
import { boot } from './by-hand.ts';
import type { Figure } from './figure.ts';

const queued = 20;
const slowBuild = 'FROM node:24-bookworm-slim\nRUN echo started && sleep 900\n';

async function image(releaseId: string): Promise<string> {
  const sql = openDatabaseClient();
  const [row] = await sql<
    { reference: string }[]
  >`select a.reference from artifacts a join release_components c on c.artifact_id = a.id where c.release_id = ${releaseId}`;
  await sql.end();
  return row?.reference ?? '';
}

/** The newest release that can be restored: what was live before, so that each round goes to the other version. */
async function former(program: Program, place: MadePlace): Promise<string> {
  const { items } = await program.api.releases.list.query({ org: place.org, deploymentId: place.deploymentId });
  const found = items.find((row) => row.rollbackRefusal === null);
  if (!found) throw new Error('no release can be restored');
  return found.id;
}

async function rounds(
  program: Program,
  place: MadePlace,
  count: number,
): Promise<Pick<Figure, 'samples' | 'reference'>> {
  const [samples, reference]: [number[], number[]] = [[], []];
  for (let round = 0; round < count; round += 1) {
    const target = await former(program, place);
    reference.push(await boot(await image(target), 3000));
    const started = performance.now();
    const { releaseId } = await program.api.releases.rollback.mutate({ org: place.org, releaseId: target });
    const release = await waitForEnd(program, place.org, releaseId);
    if (release.outcome !== 'live') throw new Error(`the rollback ended as ${String(release.outcome)}`);
    samples.push(performance.now() - started);
  }
  return { samples, reference };
}

/** Fills the build lane: deployments of one project whose builds take longer than the benchmark. Answers their releases. */
async function fillQueue(program: Program, server: GitServer): Promise<{ org: string; releaseIds: string[] }> {
  server.create('queued', 'e2e/apps/rolling');
  server.commit('queued', { Dockerfile: slowBuild }, 'Takes long');
  const place = await makeGitProject(program, server, 'queued', { size: { memoryMib: 64 } });
  const sql = openDatabaseClient();
  await sql`update organizations set plan = 'pay-as-you-go' where slug = ${place.org}`;
  await sql.end();
  const ids = [place.deploymentId];
  const stage = { name: 'load', kind: 'built' as const };
  for (let index = 1; index < queued; index += 1)
    ids.push((await program.api.deployments.create.mutate({ org: place.org, projectId: place.projectId, name: `Load ${String(index)}`, stage, copyFrom: place.deploymentId })).id); // prettier-ignore
  const releaseIds: string[] = [];
  for (const deploymentId of ids)
    releaseIds.push((await program.api.releases.request.mutate({ org: place.org, deploymentId, kind: 'deploy' })).releaseId); // prettier-ignore
  return { org: place.org, releaseIds };
}

/** @param count rounds of each figure */
export async function benchRollback(program: Program, server: GitServer, count: number): Promise<Figure[]> {
  server.create('back', 'e2e/apps/rolling');
  const place = await makeGitProject(program, server, 'back', { size: { memoryMib: 128 } });
  for (const version of ['v1', 'v2']) {
    server.commit('back', { 'version.mjs': `export const version = '${version}';\n` }, version);
    await deploy(program, place, 300_000);
  }
  const quiet = await rounds(program, place, count);
  const load = await fillQueue(program, server);
  const busy = await rounds(program, place, count);
  for (const releaseId of load.releaseIds) await program.api.releases.abort.mutate({ org: load.org, releaseId });
  for (const releaseId of load.releaseIds) await waitForEnd(program, load.org, releaseId);
  const note = 'against docker run + accept of the same image';
  return [
    { name: 'rollback click to live', unit: 'ms', ...quiet, judged: 'difference', note },
    { name: `rollback click to live with ${String(queued)} builds queued`, unit: 'ms', ...busy, judged: 'difference', note }, // prettier-ignore
  ];
}
