/** A database beside an application: added on a page, written to, and there after everything that happens to a deployment. */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { ports, stateFolder } from './environment.ts';
import { signedIn, signInPage } from './first-account.ts';
import { startGitServer, type GitServer } from './git-server.ts';
import { send } from './load.ts';
import { makeGitProject, type MadePlace } from './places.ts';
import { deploy, type Place, type Program, waitForEnd } from './program.ts';

test.setTimeout(1_200_000);
const minutes = 60_000;
let server: GitServer;
test.beforeAll(async () => {
  server = await startGitServer(18_490);
  server.create('guestbook', 'e2e/apps/guestbook');
});
test.afterAll(() => server.close());

const call = async (host: string, method: 'GET' | 'POST', where: string): Promise<string> => {
  const { status, body } = await send({ host, port: ports.http }, { path: where, method });
  return `${status} ${body}`;
};
const storage = (program: Program, place: Place) =>
  program.api.storage.get.query({ org: place.org, deploymentId: place.deploymentId });

/** Waits until the newest dump or restore of the database is over. */
async function jobDone(program: Program, place: Place): Promise<string> {
  const newest = async () => (await storage(program, place)).databases[0]?.jobs[0];
  await expect.poll(async () => (await newest())?.state, { timeout: minutes }).toMatch(/done|failed/);
  const job = await newest();
  return `${job?.kind} ${job?.state} ${job?.failure ?? ''}`.trim();
}

test('a row in PostgreSQL outlives redeploys, restarts and the trash, and reaches another deployment by a dump', async ({
  page,
}) => {
  const program = await signedIn();
  const place = await makeGitProject(program, server, 'guestbook', { size: { memoryMib: 128 } });
  await signInPage(page);
  const base = `/${place.org}/${place.projectSlug}/${place.deploymentSlug}`;

  await test.step('a person adds a database', async () => {
    await page.goto(`${base}/components`);
    await page.getByRole('button', { name: 'Add component' }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Kind').selectOption('add-on');
    await dialog.getByLabel('Name').fill('db');
    await expect(dialog.getByText('The other components get DATABASE_URL')).toBeVisible();
    await dialog.getByLabel('Size (GiB)').fill('1');
    await dialog.getByRole('button', { name: 'Add to the draft' }).click();
    await expect(dialog).toBeHidden();
    expect((await deploy(program, place, 10 * minutes)).failureDetails).toBeNull();
    expect(await call(place.host, 'POST', '/?text=one')).toBe('200 one');
  });

  await test.step('the row is there after new code, and after both were restarted', async () => {
    server.commit('guestbook', { 'note.txt': 'two' }, 'Two');
    expect((await deploy(program, place, 5 * minutes)).failureDetails).toBeNull();
    expect(await call(place.host, 'GET', '/')).toBe('200 one');
    const { releaseId } = await program.api.operations.restart.mutate({
      org: place.org,
      deploymentId: place.deploymentId,
    });
    expect(await waitForEnd(program, place.org, releaseId, 5 * minutes)).toMatchObject({ outcome: 'live' });
    await expect.poll(() => call(place.host, 'GET', '/'), { timeout: minutes }).toBe('200 one');
  });

  await test.step('the page shows the volume, and takes a dump', async () => {
    await page.goto(`${base}/storage`);
    await expect(page.getByRole('row', { name: /data/ })).toContainText('/data');
    await page.getByRole('button', { name: 'Dump now' }).click();
    expect(await jobDone(program, place)).toBe('dump done');
    await expect(page.getByRole('list', { name: 'Dumps and restores of db' })).toContainText('Dump, ');
  });

  await test.step('another deployment gets the row from the dump', async () => {
    const other = await sibling(program, place);
    expect((await deploy(program, other, 5 * minutes)).failureDetails).toBeNull();
    expect(await call(other.host, 'GET', '/')).toBe('200 ');
    const { restorable, databases } = await storage(program, other);
    const where = { org: other.org, deploymentId: other.deploymentId, componentId: databases[0]?.component.id ?? '' };
    await program.api.storage.restoreDump.mutate({ ...where, dumpId: restorable[0]?.dumpId ?? '', typedName: 'db' });
    expect(await jobDone(program, other)).toBe('restore done');
    await expect.poll(() => call(other.host, 'GET', '/'), { timeout: minutes }).toBe('200 one');
    expect(await call(place.host, 'GET', '/')).toBe('200 one');
  });

  await test.step('what is deleted comes back with its data, until it is deleted for good', async () => {
    const [volume] = (await storage(program, place)).volumes;
    const on = (part: string) => existsSync(path.join(stateFolder, 'volumes', part, volume?.id ?? 'none'));
    const ids = { org: place.org, deploymentId: place.deploymentId, typedName: place.deploymentSlug };
    await program.api.deployments.delete.mutate(ids);
    await expect.poll(() => call(place.host, 'GET', '/'), { timeout: minutes }).not.toContain('200');
    await program.api.deployments.restore.mutate({ org: ids.org, deploymentId: ids.deploymentId });
    await expect.poll(() => call(place.host, 'GET', '/'), { timeout: 2 * minutes }).toBe('200 one');
    expect(on('live')).toBe(true);
    await program.api.deployments.delete.mutate(ids);
    await program.api.deployments.deleteNow.mutate(ids);
    await expect.poll(() => on('live') || on('trash'), { timeout: 2 * minutes }).toBe(false);
    expect(readdirSync(path.join(stateFolder, 'dumps'))).toEqual([]);
  });
});

async function sibling(program: Program, place: MadePlace): Promise<Place & { host: string }> {
  const made = await program.api.deployments.create.mutate({
    org: place.org, projectId: place.projectId, name: 'Staging', stage: { name: 'staging', kind: 'built' },
  }); // prettier-ignore
  const view = await program.api.deployments.get.query({
    org: place.org,
    project: place.projectId,
    deployment: made.id,
  });
  return { org: place.org, projectId: place.projectId, deploymentId: made.id, host: new URL(view.url).hostname };
}
