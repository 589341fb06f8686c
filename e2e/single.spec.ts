import { expect, test } from '@playwright/test';
import { ports } from './environment.ts';
import { signedIn, signInPage } from './first-account.ts';
import { startGitServer, type GitServer } from './git-server.ts';
import { Load, send } from './load.ts';
import { makeGitProject } from './places.ts';
import { postsInConsole } from './posts.ts';
import { deploy } from './program.ts';

let server: GitServer;
test.beforeAll(async () => {
  server = await startGitServer(18_490);
  server.create('single', 'e2e/apps/rolling');
});
test.afterAll(() => server.close());

test('one at a time: requests wait at the edge while the instance is replaced, none fails, and the release says so', async ({
  page,
}) => {
  test.setTimeout(10 * 60_000);
  const program = await signedIn();
  const place = await makeGitProject(program, server, 'single', { handOver: 'single', size: { memoryMib: 128 } });
  expect((await deploy(program, place)).failureDetails).toBeNull();
  const target = { host: place.host, port: ports.http };
  const load = new Load(target);
  load.start(1, ['get', 'post']);
  let last = 0;
  for (let turn = 1; turn <= 3; turn += 1) {
    server.commit('single', { 'version.mjs': `export const version = 'v${turn}';\n` }, `Version ${turn}`);
    const release = await deploy(program, place);
    expect([turn, release.outcome, release.failureDetails]).toEqual([turn, 'live', null]);
    expect(release.report).toMatchObject({ failedRequests: 0 });
    expect(release.report?.heldRequests ?? 0).toBeGreaterThan(0);
    expect(JSON.parse((await send(target, { path: '/' })).body)).toMatchObject({ version: `v${turn}` });
    last = release.number ?? 0;
  }
  // One that ends at once: the old one is back, and nobody was told anything but an answer.
  server.commit('single', { 'version.mjs': 'process.exit(3);\nexport const version = "none";\n' }, 'It ends');
  const failed = await deploy(program, place);
  expect(failed).toMatchObject({ outcome: 'failed', failureDetails: { code: 'exited', phase: 'switching' } });
  expect(JSON.parse((await send(target, { path: '/' })).body)).toMatchObject({ version: 'v3' });
  await load.stop();
  expect(load.failures).toEqual([]);
  const received = await postsInConsole(program, place);
  const sent = load.answers.filter((answer) => answer.kind === 'post').map((answer) => answer.id);
  expect(sent.length).toBeGreaterThan(100);
  expect(sent.filter((id) => id !== null && received.get(id) !== 1)).toEqual([]);

  await signInPage(page);
  await page.goto(`/${place.org}/${place.projectSlug}/${place.deploymentSlug}/releases/${String(last)}`);
  await expect(page.getByText(/0 failed, [\d,]+ requests? held at the edge/)).toBeVisible();
});
