import { expect, test, type Locator, type Page } from '@playwright/test';
import { signedIn, signInPage } from './first-account.ts';
import { startGitServer, type GitServer } from './git-server.ts';
import { makeGitProject, type MadePlace } from './places.ts';
import type { Program } from './program.ts';

let server: GitServer;
test.beforeAll(async () => {
  server = await startGitServer(18_490);
  for (const name of ['holder', 'second', 'third']) server.create(name, 'e2e/apps/rolling');
  server.commit(
    'holder',
    { Dockerfile: 'FROM node:24-bookworm-slim\nRUN echo begun && sleep 300\n' },
    'A build that takes long',
  );
});
test.afterAll(() => server.close());

async function setBuildSlots(program: Program, buildSlots: number): Promise<void> {
  const [region] = await program.api.platform.regions.query();
  await program.api.platform.setRegion.mutate({ regionId: region?.id ?? '', buildSlots });
}
const request = (program: Program, place: MadePlace) =>
  program.api.releases.request.mutate({ org: place.org, deploymentId: place.deploymentId, kind: 'deploy' });
const rowOf = (page: Page, place: MadePlace): Locator =>
  page.getByRole('row').filter({ has: page.locator(`a[href*="/${place.projectSlug}/"]`) });

test('two deployments wait behind one slot in order; one is aborted from the queue page, the other gets the slot', async ({
  page,
}) => {
  const program = await signedIn();
  await setBuildSlots(program, 1);
  try {
    const [holder, second, third] = [
      await makeGitProject(program, server, 'holder'),
      await makeGitProject(program, server, 'second', { size: { memoryMib: 128 } }),
      await makeGitProject(program, server, 'third', { size: { memoryMib: 128 } }),
    ];
    await signInPage(page);
    await page.goto(`/${holder.org}/queue`);
    const held = await request(program, holder);
    await expect(rowOf(page, holder)).toContainText('now', { timeout: 20_000 });
    await request(program, second);
    await request(program, third);
    await expect(rowOf(page, second)).toContainText('1');
    await expect(rowOf(page, second)).toContainText('Next: waits for a free slot');
    await expect(rowOf(page, third)).toContainText('Waits for a slot, 1 before it');
    await expect(page.getByText('1 of 1 slot in use')).toBeVisible();

    await rowOf(page, second).getByRole('button', { name: 'Abort' }).click();
    await expect(rowOf(page, second)).toHaveCount(0);
    await expect(rowOf(page, third)).toContainText('Next: waits for a free slot');

    await rowOf(page, holder).getByRole('button', { name: 'Abort' }).click();
    await expect(rowOf(page, holder)).toHaveCount(0, { timeout: 20_000 });
    await expect.poll(async () => (await program.api.releases.get.query({ org: holder.org, releaseId: held.releaseId })).outcome).toBe('aborted'); // prettier-ignore
    await expect(rowOf(page, third)).toHaveCount(0, { timeout: 120_000 });
    const releases = await program.api.releases.list.query({ org: third.org, deploymentId: third.deploymentId, limit: 5 }); // prettier-ignore
    expect(releases.items[0]).toMatchObject({ outcome: 'live' });
  } finally {
    await setBuildSlots(program, 2);
  }
});
