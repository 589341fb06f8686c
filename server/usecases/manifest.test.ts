/** `slipway.yaml` as a layer of each release. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { eq } from 'drizzle-orm';
import { components, drafts } from '#server/db/schema/projects.ts';
import { createTestDatabase, type TestDatabase } from '#server/db/testing.ts';
import { type Bench, createBench } from '#server/release/bench.ts';
import { previewRelease } from '#server/usecases/preview-release.ts';
import { requestRelease } from '#server/usecases/request-release.ts';

let database: TestDatabase;
let bench: Bench;
beforeAll(async () => {
  database = await createTestDatabase(inject('pgAdminUrl'));
});
afterAll(() => database.close());
beforeEach(async () => {
  bench = await createBench(database);
});
afterEach(() => bench.close());

const push = (manifest: string): string =>
  bench.source.commit(bench.made.repositoryId, { 'index.js': 'x', 'slipway.yaml': manifest });
const request = async (kind: 'deploy' | 'trigger' = 'deploy') => {
  const { releaseId } = await requestRelease(bench.ctx, { deploymentId: bench.made.deploymentId, kind });
  return bench.release(releaseId);
};
const web = (lines: string): string => `components:\n  web:\n    kind: web\n${lines.replace(/^/gm, '    ')}\n`;

test('its values lie below what project and deployment set, and each says where it is from', async () => {
  push(web('instances: 2\nrun:\n  port: 8080\nreadiness:\n  deadlineSeconds: 90'));
  await database.db
    .update(components)
    .set({ settings: { run: { port: 3000 } } })
    .where(eq(components.id, bench.made.componentId));
  const { snapshot } = await request();
  const [component] = snapshot.components;
  expect(component?.settings).toMatchObject({ instances: 2, run: { port: 3000 }, readiness: { deadlineSeconds: 90 } });
  expect(component?.origins).toMatchObject({ instances: 'slipway.yaml', 'run.port': 'project' });
});

test('a newer commit brings its own file, also when the draft is left out', async () => {
  push(web('instances: 2\nhook:\n  postdeploy: one'));
  await request();
  await bench.settle();
  push(web('instances: 3'));
  await database.db
    .update(drafts)
    .set({ document: { components: [{ componentId: bench.made.componentId, overrides: { size: { memoryMib: 64 } } }] } })
    .where(eq(drafts.deploymentId, bench.made.deploymentId));
  const { snapshot } = await request('trigger');
  expect(snapshot.components[0]?.settings).toMatchObject({ instances: 3, hook: { postdeploy: null }, size: { memoryMib: 512 } });
}); // prettier-ignore

test('a mistake fails the release at once with file, line and column, and nothing is fetched or built', async () => {
  push(web('instances: many\nrun:\n  prot: 1'));
  const release = await request();
  expect(release).toMatchObject({
    state: 'failed',
    number: 1,
    failure: { phase: 'fetching', code: 'manifest_invalid', fix: { kind: 'retry' } },
  });
  expect(release.failure?.message).toBe('slipway.yaml:4:16: instances: A number. (and 1 more)');
  expect(release.failure?.lastLines).toEqual(['slipway.yaml:4:16: instances: A number.', 'slipway.yaml:6:7: There is no “prot” here.']); // prettier-ignore
  expect(bench.source.calls.some((call) => call.operation === 'fetch')).toBe(false);
  expect(release.snapshot.components[0]?.source).toMatchObject({ message: 'Change', refName: 'main' });
  const preview = await previewRelease(bench.ctx, { deploymentId: bench.made.deploymentId, kind: 'deploy' });
  expect(preview.problem).toMatchObject({ code: 'manifest_invalid' });
});

test('another kind than in the project fails with the line of the component', async () => {
  push('components:\n  web:\n    kind: worker\n');
  expect((await request()).failure?.message).toContain('slipway.yaml:2:3: web is a worker here, and a web in the project');
}); // prettier-ignore

test('a variable that it needs and nobody set is a form error', async () => {
  push(web('variables: [DATABASE_URL]'));
  await expect(request()).rejects.toMatchObject({ code: 'bad_input', field: 'variables.DATABASE_URL' });
});

test('a component that is new in it is remembered for the pages, and not deployed', async () => {
  push(`${web('instances: 2')}  jobs:\n    kind: worker\n`);
  const { snapshot } = await request();
  expect(snapshot.components.map((one) => one.name)).toEqual(['web']);
  const [draft] = await database.db.select().from(drafts).where(eq(drafts.deploymentId, bench.made.deploymentId));
  expect(draft?.manifests?.[0]?.components.map((one) => one.name)).toEqual(['web', 'jobs']);
  expect(draft?.revision).toBe(1);
  const preview = await previewRelease(bench.ctx, { deploymentId: bench.made.deploymentId, kind: 'deploy' });
  expect(preview.offered).toMatchObject([{ name: 'jobs', kind: 'worker', repositoryId: bench.made.repositoryId }]);
});
