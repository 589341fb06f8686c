import { expect, test } from '@playwright/test';
import { signedIn, signInPage } from './first-account.ts';
import { startGitServer, type GitServer } from './git-server.ts';
import { makeGitProject } from './places.ts';
import { deploy } from './program.ts';

let server: GitServer;
test.beforeAll(async () => {
  server = await startGitServer(18_490);
  server.create('tabs', 'e2e/apps/rolling');
});
test.afterAll(() => server.close());

test('eight open tabs stay live over one event stream, also after the first of them closes', async ({
  page,
  context,
}) => {
  const program = await signedIn();
  const place = await makeGitProject(program, server, 'tabs', { size: { memoryMib: 96 } });
  expect((await deploy(program, place)).failureDetails).toBeNull();
  await signInPage(page);
  const streams = new Set<string>();
  context.on('request', (request) => {
    if (request.url().includes('events.follow')) streams.add(`${request.frame().page().url()} ${Date.now()}`);
  });
  const address = `/${place.org}/${place.projectSlug}/${place.deploymentSlug}/releases`;
  const tabs = [page, ...(await Promise.all(Array.from({ length: 7 }, () => context.newPage())))];
  for (const tab of tabs) await tab.goto(address);
  for (const tab of tabs) await expect(tab.getByRole('link', { name: /^(Release )?1$/ }).first()).toBeVisible();

  expect((await deploy(program, place)).failureDetails).toBeNull();
  for (const tab of tabs) await expect(tab.getByRole('link', { name: /^(Release )?2$/ }).first()).toBeVisible();

  await page.close();
  expect((await deploy(program, place)).failureDetails).toBeNull();
  for (const tab of tabs.slice(1))
    await expect(tab.getByRole('link', { name: /^(Release )?3$/ }).first()).toBeVisible();
  expect(streams.size).toBeLessThanOrEqual(4);
});
