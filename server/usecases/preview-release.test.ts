import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { eq } from 'drizzle-orm';
import { drafts, variables } from '#server/db/schema/projects.ts';
import { makeSibling } from '#server/db/testing-makers.ts';
import { createTestDatabase, type TestDatabase } from '#server/db/testing.ts';
import type { SettingsOverrides } from '#server/domain/settings.ts';
import { newId } from '#server/ids.ts';
import { type Bench, createBench } from '#server/release/bench.ts';
import { seal } from '#server/secret.ts';
import { previewRelease } from '#server/usecases/preview-release.ts';
import { requestRelease } from '#server/usecases/request-release.ts';
import { testKey } from '#server/usecases/testing.ts';

let database: TestDatabase;
let bench: Bench;
let deploymentId: string;
beforeAll(async () => {
  database = await createTestDatabase(inject('pgAdminUrl'));
});
afterAll(() => database.close());
beforeEach(async () => {
  bench = await createBench(database);
  ({ deploymentId } = bench.made);
});
afterEach(() => bench.close());

const commit = (message: string, branch = 'main'): string =>
  bench.source.commit(bench.made.repositoryId, { 'index.js': message }, { message, branch });
const deploy = async (to = deploymentId): Promise<string> => {
  const { releaseId } = await requestRelease(bench.ctx, { deploymentId: to, kind: 'deploy' });
  await bench.settle();
  return releaseId;
};
const override = (overrides: SettingsOverrides, of = deploymentId) =>
  database.db
    .update(drafts)
    .set({ document: { components: [{ componentId: bench.made.componentId, overrides }] } })
    .where(eq(drafts.deploymentId, of));
const sourceOf = async (releaseId: string) => (await bench.release(releaseId)).snapshot.components[0]?.source;
async function setVariable(key: string, value: string): Promise<void> {
  const { orgId, projectId } = bench.made;
  const id = newId('variable');
  await database.db.insert(variables).values({ id, orgId, projectId, deploymentId, scope: 'deployment', key, sealed: seal(testKey, `${orgId}/${id}`, value) }); // prettier-ignore
}

test('a preview shows the commits that would come, settings with their origin and names of variables; what it showed is what ships', async () => {
  await deploy();
  commit('Second\n\nwith a body');
  const tip = commit('Third');
  await override({ instances: 3 });
  await setVariable('TOKEN', 'never shown');
  const preview = await previewRelease(bench.ctx, { deploymentId, kind: 'deploy' });
  expect(preview).toMatchObject({
    liveNumber: 1,
    code: [{ relation: 'ahead', to: tip, refName: 'main', more: 0, commits: [{ subject: 'Third', author: 'Ada' }, { subject: 'Second' }] }],
    components: [{ change: 'changed', fields: [{ path: 'instances', from: 1, to: 3, origin: 'deployment' }] }],
    variables: [{ key: 'TOKEN', change: 'added' }],
  }); // prettier-ignore
  expect(JSON.stringify(preview)).not.toContain('never shown');
  const moved = commit('Fourth');
  const stale = requestRelease(bench.ctx, { deploymentId, kind: 'deploy', commits: preview.commits });
  await expect(stale).rejects.toMatchObject({ code: 'conflict', field: 'commits', message: new RegExp(moved.slice(0, 7)) }); // prettier-ignore
  const fresh = await previewRelease(bench.ctx, { deploymentId, kind: 'deploy' });
  const { releaseId } = await requestRelease(bench.ctx, { deploymentId, kind: 'deploy', commits: fresh.commits });
  expect(await sourceOf(releaseId)).toMatchObject({ commit: moved });
});

test('newest code without the changes: the newest commit with the settings and variables that are live, never edits of the draft', async () => {
  await deploy();
  const tip = commit('Second');
  await override({ instances: 3 });
  await setVariable('TOKEN', 'new');
  expect(await previewRelease(bench.ctx, { deploymentId, kind: 'trigger' })).toMatchObject({ components: [], variables: [], code: [{ relation: 'ahead', to: tip }] }); // prettier-ignore
  const { releaseId } = await requestRelease(bench.ctx, { deploymentId, kind: 'trigger' });
  const release = await bench.release(releaseId);
  expect(release.draftRevision).toBeNull();
  expect(release.snapshot.components).toMatchObject([{ settings: { instances: 1 }, variables: [], source: { commit: tip } }]); // prettier-ignore
});

test('the newest build of a branch is what another deployment brought live from it, not its newest commit', async () => {
  const production = await makeSibling(database.db, bench.made, 'live');
  await override({ ref: { kind: 'build', name: 'main' } }, production);
  const early = requestRelease(bench.ctx, { deploymentId: production, kind: 'deploy' });
  await expect(early).rejects.toMatchObject({ code: 'bad_input', message: /No other deployment/ });
  const built = await deploy();
  commit('Not live anywhere');
  const { releaseId } = await requestRelease(bench.ctx, { deploymentId: production, kind: 'deploy' });
  await bench.settle();
  const source = await sourceOf(built);
  expect(await sourceOf(releaseId)).toEqual({ ...source, builtBy: { releaseId: built, deployment: 'production', number: 1 } }); // prettier-ignore
  expect(await bench.release(releaseId)).toMatchObject({ outcome: 'live' });
  expect(bench.builds.begun).toHaveLength(1);
  const next = await deploy();
  const { code } = await previewRelease(bench.ctx, { deploymentId: production, kind: 'deploy' });
  expect(code).toMatchObject([{ relation: 'ahead', builtBy: { deployment: 'production', number: 2 } }]);
  expect((await sourceOf(next))?.kind).toBe('repository');
});

test('a release of another branch, or one that failed, is no build of the branch', async () => {
  const production = await makeSibling(database.db, bench.made, 'live');
  await override({ ref: { kind: 'build', name: 'main' } }, production);
  commit('Elsewhere', 'next');
  await override({ ref: { kind: 'branch', name: 'next' } });
  await deploy();
  await override({ ref: { kind: 'branch', name: 'main' } });
  bench.builds.script(bench.made.componentId, { failure: { kind: 'failed', code: 'build_failed', message: 'No.', advice: 'Mend it.' } }); // prettier-ignore
  await deploy();
  const request = requestRelease(bench.ctx, { deploymentId: production, kind: 'deploy' });
  await expect(request).rejects.toMatchObject({ code: 'bad_input' });
});
