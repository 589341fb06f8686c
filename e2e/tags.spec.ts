import { expect, type Page, test } from '@playwright/test';
import { ports } from './environment.ts';
import { signedIn, signInPage } from './first-account.ts';
import { startGitServer, type GitServer } from './git-server.ts';
import { send } from './load.ts';
import { makeGitProject, type MadePlace } from './places.ts';
import { deploy, type Program, type ReleaseView, waitForEnd } from './program.ts';

let server: GitServer;
let program: Program;
let production: MadePlace;
let staging: MadePlace;

/** A project with two deployments that differ in one variable; production is live. */
test.beforeAll(async () => {
  test.setTimeout(240_000);
  program = await signedIn();
  server = await startGitServer(18_490);
  server.create('ship', 'e2e/apps/rolling');
  production = await makeGitProject(program, server, 'ship', { size: { memoryMib: 128 } });
  await greet(production, 'hello production');
  expect((await deploy(program, production)).failureDetails).toBeNull();
  const { org, projectId, deploymentId } = production;
  const made = await program.api.deployments.create.mutate({ org, projectId, name: 'Staging', stage: { name: 'staging', kind: 'built' }, copyFrom: deploymentId }); // prettier-ignore
  const view = await program.api.deployments.get.query({ org, project: projectId, deployment: made.id });
  staging = { ...production, deploymentId: made.id, deploymentSlug: made.slug, host: new URL(view.url).hostname };
  await greet(staging, 'hello staging');
});
test.afterAll(() => server.close());

const greet = ({ org, projectId, deploymentId }: MadePlace, value: string) =>
  program.api.variables.set.mutate({
    org, projectId, scope: 'deployment', deploymentId, entries: [{ key: 'APP_GREETING', value, isSecret: false, use: 'run' }],
  }); // prettier-ignore
const answer = async ({ host }: MadePlace): Promise<unknown> =>
  JSON.parse((await send({ host, port: ports.http }, { path: '/' })).body);
const newest = async ({ org, deploymentId }: MadePlace): Promise<ReleaseView> => {
  const { items } = await program.api.releases.list.query({ org, deploymentId });
  return waitForEnd(program, org, items[0]?.id ?? '');
};
const pageOf = ({ org, projectSlug, deploymentSlug }: MadePlace): string => `/${org}/${projectSlug}/${deploymentSlug}`;
const version = (text: string) => ({ 'version.mjs': `export const version = '${text}';\n` });
const image = (release: ReleaseView): string | null => release.components[0]?.artifactId ?? null;

async function openPromotion(page: Page, release: ReleaseView): Promise<void> {
  await page.goto(`${pageOf(staging)}/releases/${String(release.number)}`);
  await page.getByRole('button', { name: `Actions of Release ${String(release.number)}` }).click();
  await page.getByRole('menuitem', { name: 'Promote' }).click();
  await page.getByLabel('To', { exact: true }).selectOption({ label: 'Production' });
}

test('the dialog shows the commits that would ship; they are tagged and deployed, and the tag goes to two deployments', async ({
  page,
}) => {
  server.commit('ship', version('v1'), 'Count the parcels');
  const tagged = server.commit('ship', version('v2'), 'Weigh the parcels');
  await signInPage(page);
  await page.goto(pageOf(production));
  await page.getByRole('button', { name: 'More ways to deploy' }).click();
  await page.getByRole('menuitem', { name: 'Tag and deploy' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByText('main: 2 new commits')).toBeVisible();
  for (const subject of ['Count the parcels', 'Weigh the parcels'])
    await expect(dialog.getByText(subject)).toBeVisible();
  await expect(dialog.getByText('Anna Berg').first()).toBeVisible();
  await dialog.getByLabel('Tag', { exact: true }).fill('v2.0');
  await dialog.getByLabel('Notes').fill('Parcels are weighed.');
  await dialog.getByRole('button', { name: 'Tag and deploy' }).click();
  await page.waitForURL(/\/releases\/2$/);
  await expect(page.getByRole('link', { name: 'v2.0' })).toBeVisible();
  const first = await newest(production);
  expect(first).toMatchObject({ kind: 'tag-and-deploy', outcome: 'live', tag: { name: 'v2.0' } });

  // The branch moves on: the tag does not.
  server.commit('ship', version('v3'), 'Lose the parcels');
  await page.goto(`/${production.org}/${production.projectSlug}/tags`);
  await page.getByRole('button', { name: 'Deploy v2.0' }).click();
  for (const name of [/Production/, /Staging/]) await page.getByRole('checkbox', { name }).check();
  await expect(page.getByText('main: same commit as live')).toBeVisible();
  await page.getByRole('button', { name: 'Deploy to 2 deployments' }).click();
  await expect(page.getByRole('dialog')).toBeHidden();
  const [here, there] = [await newest(production), await newest(staging)];
  for (const release of [here, there]) {
    expect(release).toMatchObject({ kind: 'tag-and-deploy', outcome: 'live', tag: { name: 'v2.0' } });
    expect(release.commits[0]?.commit).toBe(tagged);
  }
  expect(await answer(production)).toMatchObject({ version: 'v2', greeting: 'hello production' });
  expect(await answer(staging)).toMatchObject({ version: 'v2', greeting: 'hello staging' });
  await expect(page.getByRole('list', { name: 'Where v2.0 is' }).getByText(/Live/)).toHaveCount(2);
});

test('what runs in staging is promoted to production: the same image, the other variable; and refused where the build would differ', async ({
  page,
}) => {
  server.commit('ship', version('v4'), 'Find the parcels');
  const source = await deploy(program, staging);
  expect(source.outcome).toBe('live');
  await signInPage(page);
  await openPromotion(page, source);
  await expect(page.getByText(/Nothing is built/)).toBeVisible();
  await expect(page.getByText('Find the parcels')).toBeVisible();
  await page.getByRole('button', { name: 'Promote to Production' }).click();
  await page.waitForURL(new RegExp(`${production.deploymentSlug}/releases/\\d+$`));
  const promoted = await newest(production);
  expect(promoted).toMatchObject({ kind: 'promotion', lane: 'rollout', outcome: 'live' });
  expect(promoted.components[0]?.buildOutcome).toBe('reused');
  expect(image(promoted)).toBe(image(source));
  expect(await answer(production)).toMatchObject({ version: 'v4', greeting: 'hello production' });
  expect(await answer(staging)).toMatchObject({ version: 'v4', greeting: 'hello staging' });

  const { org, projectId, deploymentId } = production;
  await program.api.variables.set.mutate({
    org, projectId, scope: 'deployment', deploymentId, entries: [{ key: 'API_URL', value: 'only-in-production', isSecret: false, use: 'build' }],
  }); // prettier-ignore
  await openPromotion(page, source);
  await expect(page.getByText('Production would build something else: 1 difference')).toBeVisible();
  await expect(page.getByRole('alert')).toContainText('the build variable API_URL');
  await expect(page.getByRole('alert')).not.toContainText('only-in-production');
  await expect(page.getByRole('button', { name: 'Promote to Production' })).toHaveAttribute('aria-disabled', 'true');
  const refused = program.api.releases.promote.mutate({ org, releaseId: source.id, deploymentId });
  await expect(refused).rejects.toThrow(/API_URL/);
});
