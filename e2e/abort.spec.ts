import { expect, test } from '@playwright/test';
import { containersOf, pathsWith, processesWith, workFolders } from './facts.ts';
import { signedIn, signInPage } from './first-account.ts';
import { startGitServer, type GitServer } from './git-server.ts';
import { makeGitProject } from './places.ts';

let server: GitServer;
test.beforeAll(async () => {
  server = await startGitServer(18_490);
  server.create('slow', 'e2e/apps/rolling');
  server.commit(
    'slow',
    { Dockerfile: 'FROM node:24-bookworm-slim\nRUN echo started && sleep 300\n' },
    'A build that takes long',
  );
});
test.afterAll(() => server.close());

test('abort while building leaves no process, container, image, folder or credential of the release', async ({
  page,
}) => {
  const program = await signedIn();
  const place = await makeGitProject(program, server, 'slow');
  const before = containersOf();
  const { releaseId, number } = await program.api.releases.request.mutate({
    org: place.org,
    deploymentId: place.deploymentId,
    kind: 'deploy',
  });
  await signInPage(page);
  await page.goto(`/${place.org}/${place.projectSlug}/${place.deploymentSlug}/releases/${number}`);
  await expect(page.getByText('started').first()).toBeVisible({ timeout: 60_000 });
  expect(processesWith('sleep 300').length).toBeGreaterThan(0);
  const clicked = Date.now();
  await page.getByRole('button', { name: 'Abort' }).click();
  await expect(page.getByText(/Aborted/).first()).toBeVisible();
  expect(Date.now() - clicked).toBeLessThan(15_000);
  await expect.poll(() => processesWith('sleep 300')).toEqual([]);
  await expect.poll(() => [...pathsWith(releaseId), ...workFolders()], { timeout: 30_000 }).toEqual([]);
  expect(containersOf()).toEqual(before);
});
