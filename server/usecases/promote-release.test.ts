import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { and, eq } from 'drizzle-orm';
import { releaseComponentRows } from '#server/db/release-components.ts';
import { drafts, variables } from '#server/db/schema/projects.ts';
import { artifacts } from '#server/db/schema/releases.ts';
import { makeDeployment, makeSibling } from '#server/db/testing-makers.ts';
import { createTestDatabase, type TestDatabase } from '#server/db/testing.ts';
import { newId } from '#server/ids.ts';
import type { SettingsOverrides } from '#server/domain/settings.ts';
import type { VariableUse } from '#server/domain/words.ts';
import { type Bench, createBench } from '#server/release/bench.ts';
import { checkPromises } from '#server/release/promises.ts';
import { seal } from '#server/secret.ts';
import { previewPromotion, promoteRelease } from '#server/usecases/promote-release.ts';
import { requestRelease } from '#server/usecases/request-release.ts';
import { testKey } from '#server/usecases/testing.ts';

let database: TestDatabase;
let bench: Bench;
/** Of staging, live. */
let releaseId: string;
let production: string;
beforeAll(async () => {
  database = await createTestDatabase(inject('pgAdminUrl'));
});
afterAll(() => database.close());
beforeEach(async () => {
  bench = await createBench(database);
  production = await makeSibling(database.db, bench.made, 'live');
});
afterEach(() => bench.close());

async function setVariable(deploymentId: string | null, key: string, value: string, use: VariableUse): Promise<void> {
  const { orgId, projectId } = bench.made;
  const id = newId('variable');
  await database.db.insert(variables).values({
    id, orgId, projectId, deploymentId, scope: deploymentId === null ? 'project' : 'deployment', key, use, sealed: seal(testKey, `${orgId}/${id}`, value),
  }); // prettier-ignore
}
const override = (deploymentId: string, overrides: SettingsOverrides) =>
  database.db
    .update(drafts)
    .set({ document: { components: [{ componentId: bench.made.componentId, overrides }] } })
    .where(eq(drafts.deploymentId, deploymentId));
const deployStaging = async (): Promise<void> => {
  ({ releaseId } = await requestRelease(bench.ctx, { deploymentId: bench.made.deploymentId, kind: 'deploy' }));
  await bench.settle();
};
const promote = () => promoteRelease(bench.ctx, { releaseId, deploymentId: production });
const preview = () => previewPromotion(bench.ctx, { releaseId, deploymentId: production });
const artifactOf = async (id: string) =>
  (await releaseComponentRows(database.db, bench.made.orgId, id)).get(bench.made.componentId)?.artifactId;
const environmentOf = (id: string) => bench.region.runtime.specs().find((spec) => spec.id === id)?.env;

test('the same image runs in the target with its own variables and settings; nothing is built, in the rollout lane', async () => {
  await setVariable(bench.made.deploymentId, 'GREETING', 'hello staging', 'run');
  await setVariable(production, 'GREETING', 'hello production', 'run');
  await deployStaging();
  await override(production, { size: { memoryMib: 256 } });
  expect(await preview()).toMatchObject({ refusals: [], leftOut: [], code: [{ relation: 'new' }] });
  const promoted = await promote();
  expect(await bench.release(promoted.releaseId)).toMatchObject({ kind: 'promotion', lane: 'rollout' });
  await bench.settle();
  const release = await bench.release(promoted.releaseId);
  expect(release).toMatchObject({ state: 'live', trigger: { by: 'promotion', releaseId, deployment: 'production' } });
  expect(release.snapshot.components[0]?.settings.size.memoryMib).toBe(256);
  expect(await artifactOf(promoted.releaseId)).toBe(await artifactOf(releaseId));
  expect(bench.builds.begun).toHaveLength(1);
  const [, instance] = bench.region.runtime.runningIds();
  expect(environmentOf(instance ?? '')).toMatchObject({ GREETING: 'hello production' });
  expect(await checkPromises(bench)).toEqual([]);
});

test('other build values refuse it, naming component and key and never a value', async () => {
  await setVariable(bench.made.deploymentId, 'API_URL', 'https://staging.example', 'build');
  await setVariable(production, 'API_URL', 'https://www.example', 'both');
  await setVariable(production, 'ONLY_HERE', 'secret-only-here', 'build');
  await deployStaging();
  await override(production, { build: { target: 'slim' } });
  const { refusals } = await preview();
  expect(refusals.map((one) => [one.kind, one.key])).toEqual([['setting', 'build.target'], ['variable', 'API_URL'], ['variable', 'ONLY_HERE']]); // prettier-ignore
  expect(JSON.stringify(refusals)).not.toMatch(/example|secret-only/);
  expect(refusals.every((one) => one.message.startsWith('web: '))).toBe(true);
  await expect(promote()).rejects.toMatchObject({ code: 'conflict', message: /build variable API_URL/ });
});

test('an equal build value in another place of the project does not refuse it', async () => {
  await setVariable(null, 'API_URL', 'https://example', 'build');
  await deployStaging();
  await setVariable(production, 'API_URL', 'https://example', 'both');
  expect((await preview()).refusals).toEqual([]);
});

test('a start command of the source does not come along', async () => {
  await override(bench.made.deploymentId, { run: { command: 'node staging.js' } });
  bench.engine.plan = (_directory, settings) => Promise.resolve({ kind: 'planned', plan: { planner: 'node', found: [], dockerfile: { kind: 'rendered', text: 'FROM scratch' }, context: '', target: '', port: 3000, command: settings.run.command } }); // prettier-ignore
  await deployStaging();
  const promoted = await promote();
  await bench.settle();
  const rows = await releaseComponentRows(database.db, bench.made.orgId, promoted.releaseId);
  expect(rows.get(bench.made.componentId)?.plan?.command).toBeNull();
});

test('images that were removed, other projects, the deployment itself and what was never live are refused with the reason', async () => {
  await deployStaging();
  await expect(promoteRelease(bench.ctx, { releaseId, deploymentId: bench.made.deploymentId })).rejects.toMatchObject({ code: 'conflict', message: /roll back/ }); // prettier-ignore
  const stranger = await makeDeployment(database.db);
  await expect(promoteRelease(bench.ctx, { releaseId, deploymentId: stranger.deploymentId })).rejects.toMatchObject({ code: 'not_found' }); // prettier-ignore
  const waiting = await requestRelease(bench.ctx, { deploymentId: bench.made.deploymentId, kind: 'deploy' });
  await expect(promoteRelease(bench.ctx, { releaseId: waiting.releaseId, deploymentId: production })).rejects.toMatchObject({ message: /is or was live/ }); // prettier-ignore
  await bench.settle();
  await database.db
    .update(artifacts)
    .set({ removedAt: new Date() })
    .where(and(eq(artifacts.orgId, bench.made.orgId)));
  expect((await preview()).refusals).toMatchObject([{ kind: 'image' }]);
  await expect(promote()).rejects.toMatchObject({ code: 'conflict', message: /with a tag/ });
});

test('a draft that was changed since the preview is a conflict', async () => {
  await deployStaging();
  const stale = promoteRelease(bench.ctx, { releaseId, deploymentId: production, draftRevision: 9 });
  await expect(stale).rejects.toMatchObject({ code: 'conflict', field: 'draftRevision' });
});
