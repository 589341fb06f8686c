import { expect, test } from '@playwright/test';
import { ports } from './environment.ts';
import { signedIn, signInPage } from './first-account.ts';
import { gitToken, startGitServer, type GitServer } from './git-server.ts';
import { send } from './load.ts';
import { makeGitProject } from './places.ts';
import { deploy } from './program.ts';

let server: GitServer;
test.beforeAll(async () => {
  server = await startGitServer(18_490);
  server.create('shop', 'e2e/apps/rolling');
});
test.afterAll(() => server.close());

test('a private repository over http with a token becomes a running app', async ({ page }) => {
  await signInPage(page);
  await page.goto('/workshop/new');
  await page.getByLabel('Git repository').fill(server.url('shop'));
  await page.getByLabel('Access').selectOption('token');
  await page.getByLabel('User name').fill('oauth2');
  await page.getByLabel('Token').fill(gitToken);
  await page
    .getByRole('button', { name: /Look|Inspect|Continue|Check/ })
    .first()
    .click();
  await expect(page.getByText(/npm ci/).first()).toBeVisible({ timeout: 30_000 });
  await page.getByLabel('Name', { exact: true }).fill('Shop');
  await page.getByRole('button', { name: 'Deploy', exact: true }).first().click();
  const open = page.getByRole('link', { name: /Open/ }).first();
  await expect(open).toBeVisible({ timeout: 120_000 });
  const host = new URL((await open.getAttribute('href')) ?? '').hostname;
  const answer = await send({ host, port: ports.http }, { path: '/' });
  expect(JSON.parse(answer.body)).toMatchObject({ version: 'v0' });
});

test('a broken build keeps the old release serving and is mended by following its link', async ({ page }) => {
  const program = await signedIn();
  server.create('mend', 'e2e/apps/rolling');
  const place = await makeGitProject(program, server, 'mend', { size: { memoryMib: 128 } });
  expect((await deploy(program, place)).failureDetails).toBeNull();
  const { document, revision } = await program.api.drafts.get.query({
    org: place.org,
    deploymentId: place.deploymentId,
  });
  const overrides = { build: { buildCommand: 'node missing-script.mjs' } };
  await program.api.drafts.save.mutate({
    org: place.org, deploymentId: place.deploymentId, revision,
    document: { components: document.components.map((entry) => ({ ...entry, overrides })) },
  }); // prettier-ignore
  const failed = await deploy(program, place);
  expect(failed.failureDetails).toMatchObject({ code: 'build_failed', phase: 'building' });
  expect(failed.failureDetails?.lastLines.join('\n')).toContain('missing-script.mjs');
  expect((await send({ host: place.host, port: ports.http }, { path: '/' })).status).toBe(200);

  await signInPage(page);
  await page.goto(`/${place.org}/${place.projectSlug}/${place.deploymentSlug}/releases/${failed.number}`);
  await page.getByRole('link', { name: 'Open the setting', exact: true }).click();
  const field = page.getByLabel('Build command');
  await expect(field).toBeFocused();
  await field.fill('');
  await page.getByRole('button', { name: 'Save to the draft' }).click();
  await expect(page.getByRole('button', { name: 'Save to the draft' })).toBeHidden();
  await page.getByRole('button', { name: 'Deploy', exact: true }).first().click();
  await expect
    .poll(
      async () =>
        (await program.api.releases.list.query({ org: place.org, deploymentId: place.deploymentId })).items[0]?.outcome,
      { timeout: 120_000 },
    )
    .toBe('live');
});
