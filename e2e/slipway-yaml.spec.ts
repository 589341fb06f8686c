import { expect, test } from '@playwright/test';
import { dashboard, ports } from './environment.ts';
import { signedIn, signInPage } from './first-account.ts';
import { gitToken, startGitServer, type GitServer } from './git-server.ts';
import { send } from './load.ts';
import { deploy } from './program.ts';

let server: GitServer;
test.beforeAll(async () => {
  server = await startGitServer(18_490);
});
test.afterAll(() => server.close());

const manifest = `version: 1
components:
  web:
    kind: web
    run:
      command: node server.mjs
      port: 4000
    size: { memoryMib: 128 }
    hook:
      postdeploy: echo "seeded by slipway.yaml"
    readiness: { settleSeconds: 1 }
  jobs:
    kind: worker
    run: { command: node jobs.mjs }
    size: { memoryMib: 128 }
    readiness: { settleSeconds: 1 }
`;

test('a repository with slipway.yaml becomes a project of all its components, and each commit brings its settings', async ({
  page,
}) => {
  const program = await signedIn();
  server.create('described', 'e2e/apps/rolling');
  const jobs = "console.log('jobs are waiting'); setInterval(() => undefined, 1000);\n";
  server.commit('described', { 'slipway.yaml': manifest, 'jobs.mjs': jobs }, 'Describe it');
  await signInPage(page);
  await page.goto('/workshop/new');
  await page.getByLabel('Git repository').fill(server.url('described'));
  await page.getByLabel('Access').selectOption('token');
  await page.getByLabel('User name').fill('oauth2');
  await page.getByLabel('Token').fill(gitToken);
  await page.getByRole('button', { name: 'Look inside' }).click();
  await expect(page.getByText('slipway.yaml: web, jobs (worker)')).toBeVisible({ timeout: 30_000 });
  await page.getByLabel('Name', { exact: true }).fill('Described');
  await page.getByRole('button', { name: 'Deploy', exact: true }).first().click();
  const open = page.getByRole('link', { name: /Open/ }).first();
  await expect(open).toBeVisible({ timeout: 120_000 });
  const host = new URL((await open.getAttribute('href')) ?? '').hostname;
  expect((await send({ host, port: ports.http }, { path: '/' })).status).toBe(200);

  const project = (await program.api.projects.list.query({ org: 'workshop' })).find(({ name }) => name === 'Described');
  const deployment = await program.api.deployments.get.query({ org: 'workshop', project: project?.slug ?? '', deployment: 'production' }); // prettier-ignore
  const place = { org: 'workshop', projectId: project?.id ?? '', deploymentId: deployment.id };
  const base = `/workshop/${project?.slug ?? ''}/production`;
  const { items } = await program.api.releases.list.query({ org: place.org, deploymentId: place.deploymentId });
  const log = await (
    await program.fetch(`${dashboard}/api/releases/${items[0]?.id ?? ''}/log?org=${place.org}`)
  ).text();
  expect(log.split('seeded by slipway.yaml\n').length - 1).toBe(1);
  expect(log).toContain('jobs are waiting');
  await page.goto(`${base}/components?setting=run.port`);
  await expect(page.getByLabel('Port')).toHaveValue('4000');
  await expect(page.getByText('from slipway.yaml').first()).toBeVisible();

  server.commit('described', { 'slipway.yaml': manifest.replace('port: 4000', 'port: four') }, 'Break it');
  const broken = await deploy(program, place);
  expect(broken.failureDetails).toMatchObject({ code: 'manifest_invalid' });
  expect(broken.failureDetails?.message).toContain('slipway.yaml:7:13: run.port: A number');
  expect((await send({ host, port: ports.http }, { path: '/' })).status).toBe(200);

  const more = `${manifest}  mailer:\n    kind: worker\n    run: { command: node jobs.mjs }\n    size: { memoryMib: 128 }\n`;
  server.commit('described', { 'slipway.yaml': more }, 'Add a mailer');
  expect((await deploy(program, place)).components.map(({ name }) => name)).toEqual(['web', 'jobs']);
  await page.goto(`${base}/components`);
  await page.getByRole('button', { name: 'Add mailer' }).click();
  await expect(page.getByRole('heading', { name: 'mailer' })).toBeVisible();
  const live = await deploy(program, place);
  expect(live.failureDetails).toBeNull();
  expect(live.components.map(({ name }) => name)).toEqual(['web', 'jobs', 'mailer']);
});
