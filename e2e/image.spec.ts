import { expect, test } from '@playwright/test';
import { ports } from './environment.ts';
import { openDatabaseClient } from './facts.ts';
import { signedIn, signInPage } from './first-account.ts';
import { startGitServer, type GitServer } from './git-server.ts';
import { send } from './load.ts';
import { makeGitProject } from './places.ts';
import { deploy } from './program.ts';
import { startRegistry, type Registry } from './registry.ts';

let registry: Registry;
let server: GitServer;
test.beforeAll(async () => {
  registry = await startRegistry();
  server = await startGitServer(18_490);
});
test.afterAll(async () => {
  await registry.close();
  await server.close();
});

test('an image by its digest becomes a running app without a build, and another digest replaces it', async ({
  page,
}) => {
  test.setTimeout(240_000);
  // Two images that were built elsewhere: this platform's own builds, moved to the registry under another name.
  const program = await signedIn();
  server.create('elsewhere', 'e2e/apps/rolling');
  const source = await makeGitProject(program, server, 'elsewhere', { size: { memoryMib: 96 } });
  const images: string[] = [];
  for (const version of ['one', 'two']) {
    server.commit('elsewhere', { 'version.mjs': `export const version = '${version}';\n` }, version);
    expect((await deploy(program, source)).failureDetails).toBeNull();
    const sql = openDatabaseClient();
    const [artifact] = await sql<{ reference: string }[]>`
      select a.reference from artifacts a join release_components c on c.artifact_id = a.id join releases r on r.id = c.release_id
      where r.deployment_id = ${source.deploymentId} order by r.number desc limit 1`;
    await sql.end();
    images.push(registry.keep(artifact?.reference ?? '', 'team/rolling'));
  }
  const [one = '', two = ''] = images;

  await signInPage(page);
  await page.goto(`/${source.org}/new`);
  await page.getByLabel(/Image/).fill(one);
  await page.getByLabel('Name', { exact: true }).first().fill('From an image');
  await page.getByRole('textbox', { name: 'Port' }).fill('3000');
  await page.getByRole('button', { name: 'Deploy', exact: true }).first().click();
  const open = page.getByRole('link', { name: /Open/ }).first();
  await expect(open).toBeVisible({ timeout: 120_000 });
  const host = new URL((await open.getAttribute('href')) ?? '').hostname;
  const version = async () =>
    (JSON.parse((await send({ host, port: ports.http }, { path: '/' })).body) as { version: string }).version;
  expect(await version()).toBe('one');

  const project = (await program.api.projects.list.query({ org: source.org })).find((item) => item.name === 'From an image'); // prettier-ignore
  await page.goto(`/${source.org}/${project?.slug ?? ''}/production/components`);
  await page.getByLabel('Image', { exact: true }).fill(two);
  await page.getByRole('button', { name: 'Save to the draft' }).click();
  await expect(page.getByRole('button', { name: 'Save to the draft' })).toBeHidden();
  await page.getByRole('button', { name: 'Deploy', exact: true }).first().click();
  await expect.poll(version, { timeout: 60_000 }).toBe('two');
});
