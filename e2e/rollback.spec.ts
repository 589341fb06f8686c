import { expect, test } from '@playwright/test';
import { ports } from './environment.ts';
import { signedIn, signInPage } from './first-account.ts';
import { startGitServer, type GitServer } from './git-server.ts';
import { send } from './load.ts';
import { makeGitProject } from './places.ts';
import { deploy } from './program.ts';

let server: GitServer;
test.beforeAll(async () => {
  server = await startGitServer(18_490);
  server.create('restore', 'e2e/apps/rolling');
});
test.afterAll(() => server.close());

test('a person rolls back from the row of a release: the old code answers without a build, pushes pause until resumed', async ({
  page,
}) => {
  const program = await signedIn();
  const place = await makeGitProject(program, server, 'restore', { size: { memoryMib: 128 } });
  const target = { host: place.host, port: ports.http };
  for (const version of ['v1', 'v2']) {
    server.commit('restore', { 'version.mjs': `export const version = '${version}';\n` }, `Version ${version}`);
    expect((await deploy(program, place)).failureDetails).toBeNull();
  }
  expect(JSON.parse((await send(target, { path: '/' })).body)).toMatchObject({ version: 'v2' });

  await signInPage(page);
  const base = `/${place.org}/${place.projectSlug}/${place.deploymentSlug}`;
  await page.goto(`${base}/releases`);
  await page.getByRole('button', { name: 'Actions of Release 2' }).click();
  await expect(page.getByRole('menuitem', { name: 'Roll back' })).toContainText('It is live now');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Actions of Release 1' }).click();
  await page.getByRole('menuitem', { name: 'Roll back' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('Nothing is built');
  await expect(dialog).toContainText('Version v1');
  await expect(dialog).toContainText('Automatic deploys pause');
  await dialog.getByRole('button', { name: 'Roll back to 1' }).click();
  await page.waitForURL(/releases\/3$/);
  await expect(page.getByText('Live: serves all requests')).toBeVisible({ timeout: 60_000 });
  expect(JSON.parse((await send(target, { path: '/' })).body)).toMatchObject({ version: 'v1', release: '3' });
  const { items } = await program.api.releases.list.query({ org: place.org, deploymentId: place.deploymentId });
  const release = await program.api.releases.get.query({ org: place.org, releaseId: items[0]?.id ?? '' });
  expect(release).toMatchObject({ kind: 'rollback', components: [{ buildOutcome: 'reused' }] });

  await page.goto(base);
  await expect(page.getByText('Automatic deploys are paused: rolled back to release 1')).toBeVisible();
  await page.getByRole('button', { name: 'Resume automatic deploys' }).click();
  await expect(page.getByText('Automatic deploys are paused')).toBeHidden();
});
