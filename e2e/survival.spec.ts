import { expect, test } from '@playwright/test';
import { ports } from './environment.ts';
import { containersOf, networksOf, openDatabaseClient, pidOf, workFolders } from './facts.ts';
import { signedIn } from './first-account.ts';
import { startGitServer, type GitServer } from './git-server.ts';
import { send } from './load.ts';
import { makeGitProject, type MadePlace } from './places.ts';
import { deploy, waitForEnd, type Program } from './program.ts';

const states = ['fetching', 'building', 'storing', 'starting', 'checking', 'hook', 'switching', 'retiring'] as const;
const sql = { client: undefined as ReturnType<typeof openDatabaseClient> | undefined };
let server: GitServer;
let program: Program;
let place: MadePlace;
let version = 0;

test.beforeAll(async () => {
  test.setTimeout(120_000);
  server = await startGitServer(18_490);
  server.create('survivor', 'e2e/apps/rolling');
  program = await signedIn();
  place = await makeGitProject(program, server, 'survivor', {
    size: { memoryMib: 128 },
    readiness: { settleSeconds: 1, drainSeconds: 10 },
    hook: { postdeploy: 'echo migrated' },
  });
  expect((await deploy(program, place)).failureDetails).toBeNull();
  sql.client = openDatabaseClient();
});
test.afterAll(async () => {
  await sql.client?.end();
  await server.close();
});

/** Deploys new code and kills the process the moment that the state is entered. */
async function killAt(role: 'worker' | 'agent', state: (typeof states)[number]): Promise<void> {
  version += 1;
  server.commit('survivor', { 'version.mjs': `export const version = 'v${version}';\n` }, `Version ${version}`);
  const client = openDatabaseClient();
  let killed = 0;
  await client.listen('slipway_events', (payload) => {
    const notice = JSON.parse(payload) as { deployment: string; kind: string };
    if (killed > 0 || notice.deployment !== place.deploymentId || notice.kind !== `release.${state}`) return;
    killed = pidOf(role);
    process.kill(killed, 'SIGKILL');
  });
  const { draftRevision } = await program.api.deployments.get.query({
    org: place.org,
    project: place.projectId,
    deployment: place.deploymentId,
  });
  const { releaseId } = await program.api.releases.request.mutate({
    org: place.org,
    deploymentId: place.deploymentId,
    kind: 'deploy',
    draftRevision,
  });
  const release = await waitForEnd(program, place.org, releaseId, 60_000);
  await expect.poll(() => killed, { message: `nothing was killed at ${state}` }).toBeGreaterThan(0);
  await client.end();
  expect([state, release.outcome, release.failureDetails]).toEqual([state, 'live', null]);
  // The next kill needs the next process.
  await expect.poll(() => pidOf(role), { timeout: 60_000 }).not.toBe(killed);
}

for (const role of ['worker', 'agent'] as const) {
  test(`SIGKILL of the ${role} in each state ends live without a click, and nothing is left over`, async () => {
    test.setTimeout(15 * 60_000);
    for (const state of states) {
      await killAt(role, state);
      await expect
        .poll(
          async () => JSON.parse((await send({ host: place.host, port: ports.http }, { path: '/' })).body) as unknown,
          { timeout: 10_000 },
        )
        .toMatchObject({ version: `v${version}` });
    }
    const standing = async (): Promise<string[]> => {
      const rows = await sql.client?.unsafe<{ id: string }[]>(
        "select id from instances where state <> 'removed' order by id",
      );
      return [...(rows ?? [])].map(({ id }) => id);
    };
    await expect
      .poll(async () => [containersOf(), await standing()].map(String), { timeout: 60_000 })
      .toEqual([String(await standing()), String(await standing())]);
    await expect.poll(workFolders, { timeout: 60_000 }).toEqual([]);
    expect(networksOf()).toContain(place.deploymentId);
  });
}
