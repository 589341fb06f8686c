import { expect, test } from '@playwright/test';
import { dashboard, ports } from './environment.ts';
import { signedIn, signInPage } from './first-account.ts';
import { startGitServer, type GitServer } from './git-server.ts';
import { send } from './load.ts';
import { makeGitProject, type MadePlace } from './places.ts';
import { deploy, type Program, type ReleaseView, waitForEnd } from './program.ts';

let server: GitServer;
test.beforeAll(async () => {
  server = await startGitServer(18_490);
});
test.afterAll(() => server.close());

/** The whole log of a release, as it is downloaded. */
const logOf = async (program: Program, place: MadePlace, release: Pick<ReleaseView, 'id'>): Promise<string> =>
  (await program.fetch(`${dashboard}/api/releases/${release.id}/log?org=${place.org}`)).text();
const versionOf = async (place: MadePlace): Promise<unknown> =>
  (JSON.parse((await send({ host: place.host, port: ports.http }, { path: '/' })).body) as { version: unknown })
    .version;
const times = (text: string, part: string): number => text.split(part).length - 1;

test('a hook that fails keeps the previous release; its link leads to the mending; the next one runs exactly once', async ({
  page,
}) => {
  const program = await signedIn();
  server.create('hooked', 'e2e/apps/rolling');
  const place = await makeGitProject(program, server, 'hooked', { size: { memoryMib: 128 } });
  expect((await deploy(program, place)).failureDetails).toBeNull();
  server.commit('hooked', {
    'version.mjs': "export const version = 'v1';\n",
    'migrate.mjs': "console.log('migrating the shop'); console.error('no such table: carts'); process.exit(4);\n",
    Procfile: 'web: node server.mjs\npostdeploy: node migrate.mjs\n',
  }, 'Migrate'); // prettier-ignore
  const failed = await deploy(program, place);
  expect(failed.failureDetails).toMatchObject({ code: 'hook_failed', phase: 'hook' });
  expect(failed.failureDetails?.message).toContain('exit code 4');
  expect(failed.failureDetails?.lastLines).toEqual(['migrating the shop', 'no such table: carts']);
  expect(await versionOf(place)).toBe('v0');

  await signInPage(page);
  await page.goto(`/${place.org}/${place.projectSlug}/${place.deploymentSlug}/releases/${String(failed.number)}`);
  await expect(page.getByText('no such table: carts').first()).toBeVisible();
  await page.getByRole('link', { name: 'Open the setting', exact: true }).click();
  const field = page.getByLabel('Post-deploy hook');
  await expect(field).toBeFocused();
  await field.fill('node -e "console.log(`migrated for release ${process.env.RELEASE}`)"');
  await page.getByRole('button', { name: 'Save to the draft' }).click();
  await expect(page.getByRole('button', { name: 'Save to the draft' })).toBeHidden();
  await page.getByRole('button', { name: 'Deploy', exact: true }).first().click();
  const newest = async () =>
    (await program.api.releases.list.query({ org: place.org, deploymentId: place.deploymentId })).items[0];
  await expect.poll(async () => (await newest())?.number, { timeout: 30_000 }).toBe((failed.number ?? 0) + 1);
  const mended = await waitForEnd(program, place.org, (await newest())?.id ?? '');
  expect(mended.failureDetails).toBeNull();
  expect(await versionOf(place)).toBe('v1');
  const log = await logOf(program, place, mended);
  expect(times(log, `migrated for release ${String(mended.number)}`)).toBe(1);
  expect(times(log, 'migrating the shop')).toBe(0);
});
