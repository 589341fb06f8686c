import { expect, test, type Page } from '@playwright/test';
import { processesWith } from './facts.ts';
import { signedIn, signInPage } from './first-account.ts';
import { startGitServer, type GitServer } from './git-server.ts';
import { makeGitProject, type MadePlace } from './places.ts';
import type { Program } from './program.ts';

let server: GitServer;
test.beforeAll(async () => {
  server = await startGitServer(18_490);
  server.create('lasting', 'e2e/apps/rolling');
  server.commit('lasting', { Dockerfile: 'FROM node:24-bookworm-slim\nRUN echo started && sleep 301\n' }, 'A build that takes long'); // prettier-ignore
});
test.afterAll(() => server.close());

async function building(program: Program, place: MadePlace): Promise<string> {
  const { releaseId } = await program.api.releases.request.mutate({ org: place.org, deploymentId: place.deploymentId, kind: 'deploy' }); // prettier-ignore
  await expect.poll(() => processesWith('sleep 301').length, { timeout: 60_000 }).toBeGreaterThan(0);
  return releaseId;
}

test('a person aborts a build from the queue page, and another from the row menu of the releases', async ({ page }) => {
  const program = await signedIn();
  const place = await makeGitProject(program, server, 'lasting', { size: { memoryMib: 128 } });
  await signInPage(page);
  const base = `/${place.org}/${place.projectSlug}/${place.deploymentSlug}`;
  const gone = async (releaseId: string, since: number): Promise<void> => {
    const read = () => program.api.releases.get.query({ org: place.org, releaseId });
    await expect.poll(async () => (await read()).outcome, { timeout: 15_000 }).toBe('aborted');
    expect(Date.now() - since).toBeLessThan(15_000);
    await expect.poll(() => processesWith('sleep 301')).toEqual([]);
  };

  const first = await building(program, place);
  await page.goto(`/${place.org}/queue`);
  let clicked = Date.now();
  await rowOf(page, place).getByRole('button', { name: 'Abort' }).click();
  await gone(first, clicked);

  const second = await building(program, place);
  await page.goto(`${base}/releases`);
  await page.getByRole('button', { name: 'Actions of Release 2' }).click();
  clicked = Date.now();
  await page.getByRole('menuitem', { name: 'Abort' }).click();
  await gone(second, clicked);
  await expect(page.getByText('Aborted').first()).toBeVisible();
});

const rowOf = (page: Page, place: MadePlace) =>
  page
    .getByRole('row')
    .filter({ has: page.locator(`a[href^="/${place.org}/${place.projectSlug}/${place.deploymentSlug}/"]`) });
