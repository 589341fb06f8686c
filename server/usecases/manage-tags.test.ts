import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { eq } from 'drizzle-orm';
import { releaseComponentRows } from '#server/db/release-components.ts';
import { components, drafts } from '#server/db/schema/projects.ts';
import { releases } from '#server/db/schema/releases.ts';
import { makeDeployment, makeSibling } from '#server/db/testing-makers.ts';
import { createTestDatabase, type TestDatabase } from '#server/db/testing.ts';
import { type Bench, createBench } from '#server/release/bench.ts';
import { deployTag } from '#server/usecases/deploy-tag.ts';
import { createTag } from '#server/usecases/manage-tags.ts';
import { requestRelease } from '#server/usecases/request-release.ts';

let database: TestDatabase;
let bench: Bench;
let staging: string;
beforeAll(async () => {
  database = await createTestDatabase(inject('pgAdminUrl'));
});
afterAll(() => database.close());
beforeEach(async () => {
  bench = await createBench(database);
  staging = await makeSibling(database.db, bench.made, 'staging');
});
afterEach(() => bench.close());

const fromDraft = (name: string, targets: { deploymentId: string; draftRevision?: number }[] = []) =>
  createTag(bench.ctx, {
    name,
    notes: '',
    from: { kind: 'draft', deploymentId: bench.made.deploymentId },
    targets,
  });
const commitOf = async (releaseId: string): Promise<string | null> => {
  const source = (await bench.release(releaseId)).snapshot.components[0]?.source;
  return source?.kind === 'repository' ? source.commit : null;
};
const releasesOf = (deploymentId: string) =>
  database.db.select().from(releases).where(eq(releases.deploymentId, deploymentId));

test('a tag is deployed to two deployments: the same commit and image, after the branch moved', async () => {
  const frozen = bench.source.commit(bench.made.repositoryId, { 'index.js': 'frozen' }, { message: 'Frozen' });
  const tag = await fromDraft('v1');
  bench.source.commit(bench.made.repositoryId, { 'index.js': 'later' });
  const { releases: made } = await deployTag(bench.ctx, {
    tagId: tag.tagId,
    targets: [{ deploymentId: bench.made.deploymentId }, { deploymentId: staging }],
  });
  await bench.settle();
  expect(made).toHaveLength(2);
  for (const { releaseId } of made) {
    expect(await bench.release(releaseId)).toMatchObject({ kind: 'tag-and-deploy', state: 'live', tagId: tag.tagId });
    expect(await commitOf(releaseId)).toBe(frozen);
  }
  const images = made.map(async ({ releaseId }) => (await releaseComponentRows(database.db, bench.made.orgId, releaseId)).get(bench.made.componentId)?.artifactId); // prettier-ignore
  expect(new Set(await Promise.all(images)).size).toBe(1);
});

test('tag and deploy writes the tag and the releases together, or nothing', async () => {
  const stale = fromDraft('v1', [{ deploymentId: bench.made.deploymentId }, { deploymentId: staging, draftRevision: 7 }]); // prettier-ignore
  await expect(stale).rejects.toMatchObject({ code: 'conflict', field: 'draftRevision' });
  expect(await releasesOf(bench.made.deploymentId)).toEqual([]);
  const { releases: made } = await fromDraft('v1', [{ deploymentId: bench.made.deploymentId }]);
  expect(made).toHaveLength(1);
});

test('a name is taken once per project, whatever its case; two at the same moment make one', async () => {
  const results = await Promise.allSettled([fromDraft('v2'), fromDraft('V2'), fromDraft('v2')]);
  expect(results.map((result) => result.status).toSorted()).toEqual(['fulfilled', 'rejected', 'rejected']);
  await expect(fromDraft('V2')).rejects.toMatchObject({ code: 'bad_input', field: 'name' });
});

test('a release gets a tag once it is live, and keeps it', async () => {
  const { releaseId } = await requestRelease(bench.ctx, { deploymentId: bench.made.deploymentId, kind: 'deploy' });
  const tagIt = (name: string) => createTag(bench.ctx, { name, notes: 'First', from: { kind: 'release', releaseId }, targets: [] }); // prettier-ignore
  await expect(tagIt('v1')).rejects.toMatchObject({ code: 'conflict' });
  await bench.settle();
  const { tagId } = await tagIt('v1');
  expect((await bench.release(releaseId)).tagId).toBe(tagId);
  await expect(tagIt('v2')).rejects.toMatchObject({ code: 'conflict' });
});

test('a component that the tag has no code for refuses the deployment that has it', async () => {
  const tag = await fromDraft('v1');
  const other = await makeDeployment(database.db);
  await expect(deployTag(bench.ctx, { tagId: tag.tagId, targets: [{ deploymentId: other.deploymentId }] })).rejects.toMatchObject({ code: 'not_found' }); // prettier-ignore
  const { db } = database;
  const [added] = await db.insert(components).values({ id: 'cmp_later', orgId: bench.made.orgId, projectId: bench.made.projectId, name: 'later', kind: 'worker', repositoryId: bench.made.repositoryId }).returning(); // prettier-ignore
  await db
    .update(drafts)
    .set({ document: { components: [{ componentId: added?.id ?? '', overrides: {} }] } })
    .where(eq(drafts.deploymentId, staging));
  const refused = deployTag(bench.ctx, { tagId: tag.tagId, targets: [{ deploymentId: staging }] });
  await expect(refused).rejects.toMatchObject({ code: 'conflict', message: /staging has later/ });
});

test('the commits that were shown are what is tagged', async () => {
  const { componentId, deploymentId, repositoryId } = bench.made;
  const shown = bench.source.commit(repositoryId, { 'index.js': 'shown' });
  const from = { kind: 'draft' as const, deploymentId, commits: [{ componentId, commit: shown }] };
  await createTag(bench.ctx, { name: 'v1', notes: '', from, targets: [] });
  bench.source.commit(repositoryId, { 'index.js': 'moved' });
  const late = createTag(bench.ctx, { name: 'v2', notes: '', from, targets: [] });
  await expect(late).rejects.toMatchObject({ code: 'conflict', field: 'commits' });
});
