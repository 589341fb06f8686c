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
  server.create('operated', 'e2e/apps/rolling');
});
test.afterAll(() => server.close());

test('a person scales, suspends and resumes a deployment, each after reading what it will do', async ({ page }) => {
  const program = await signedIn();
  const readiness = { drainSeconds: 1, stopGraceSeconds: 2, settleSeconds: 1 };
  const place = await makeGitProject(program, server, 'operated', { size: { memoryMib: 128 }, readiness });
  expect((await deploy(program, place)).failureDetails).toBeNull();
  const target = { host: place.host, port: ports.http };
  const read = () => program.api.deployments.get.query({ org: place.org, project: place.projectId, deployment: place.deploymentId }); // prettier-ignore

  await signInPage(page);
  await page.goto(`/${place.org}/${place.projectSlug}/${place.deploymentSlug}`);
  const open = async (name: string): Promise<void> => {
    await page.getByRole('button', { name: 'Operate Production' }).click();
    await page.getByRole('menuitem', { name }).click();
  };
  const dialog = page.getByRole('dialog');
  await open('Scale');
  await dialog.getByLabel('Instances').fill('2');
  await expect(dialog).toContainText('web: 2 instances instead of 1');
  await expect(dialog).toContainText('Needs 128 MiB');
  await dialog.getByRole('button', { name: 'Scale' }).click();
  await expect.poll(async () => JSON.stringify((await read()).tree), { timeout: 60_000 }).toContain('2 of 2 running');
  expect(await read()).toMatchObject({ pendingChanges: 0, liveNumber: 1 });

  await open('Suspend');
  await expect(dialog).toContainText('2 instances stop');
  await dialog.getByRole('button', { name: 'Suspend' }).click();
  await expect(page.getByText('Suspended: nothing runs')).toBeVisible();
  await expect.poll(async () => (await send(target, { path: '/' })).body, { timeout: 60_000 }).toContain('<h1>Suspended</h1>'); // prettier-ignore

  await page.getByRole('button', { name: 'Resume', exact: true }).click();
  await expect(dialog).toContainText('Release 1 starts again: web ×2');
  await dialog.getByRole('button', { name: 'Resume' }).click();
  await expect.poll(async () => (await send(target, { path: '/' })).status, { timeout: 60_000 }).toBe(200);
  await expect(page.getByRole('button', { name: 'Deploy', exact: true })).toBeVisible();
});
