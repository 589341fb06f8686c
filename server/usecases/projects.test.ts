import { and, eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { openTestApi, type TestApi } from '#server/api/testing.ts';
import { makeWorld, type World } from '#server/api/testing-world.ts';
import { deployments, drafts, projects, repositories } from '#server/db/schema/projects.ts';
import { limits } from '#server/domain/limits.ts';
import type { DraftView, ProjectCreated, ProjectView } from '#server/domain/views/projects.ts';
import type { DeploymentView, DraftDiff } from '#server/domain/views/releases.ts';
import { newId } from '#server/ids.ts';
import { AppError } from '#server/errors.ts';

let api: TestApi;
let world: World;
beforeAll(async () => {
  api = await openTestApi(inject('pgAdminUrl'));
  world = await makeWorld(api.services.db, api.sources, api.services.keys.variables, 'planted-secret-value');
});
afterAll(() => api.close());

const change = (procedure: string, input: object) =>
  api.call(world.people.owner, procedure, { org: world.org, ...input }, { type: 'mutation' });
const read = async <T>(procedure: string, input: object = {}): Promise<T> => {
  const answer = await api.call(world.people.owner, procedure, { org: world.org, ...input });
  expect(answer.code, answer.body).toBeNull();
  return answer.data as T;
};
const deployment = { name: 'Production', stage: { name: 'production', kind: 'built' } };
const template = { kind: 'template', template: 'node-web' };

test('a project from a template has a repository whose first commit is its source, a draft and its parameters', async () => {
  const answer = await change('projects.create', { name: 'Hello', source: { ...template, parameters: { APP_GREETING: 'Moin' } }, deployment }); // prettier-ignore
  const made = answer.data as ProjectCreated;
  expect(made.handle).toMatch(/^hello-production-[a-z0-9]{4}$/);
  const project = await read<ProjectView>('projects.get', { project: made.projectSlug });
  const [repository] = project.repositories;
  const stored = api.sources.repositories.get(repository?.id ?? '');
  const [commit] = [...(stored?.commits.values() ?? [])];
  expect([...(commit?.files.keys() ?? [])]).toContain('package.json');
  expect(project.components.map((component) => [component.name, component.kind, component.repositoryId])).toEqual([['web', 'web', repository?.id]]); // prettier-ignore
  const { variables } = await read<{ variables: { id: string; key: string }[] }>('variables.list', { projectId: made.projectId }); // prettier-ignore
  const greeting = variables.find((row) => row.key === 'APP_GREETING');
  expect(await read('variables.reveal', { variableId: greeting?.id })).toEqual({ value: 'Moin' });
  const page = await read<DeploymentView>('deployments.get', { project: 'hello', deployment: 'production' });
  expect(page).toMatchObject({
    live: null,
    status: { colour: 'grey', sentence: 'Not deployed yet' },
    draftRevision: 1,
  });
});

test('a project from a repository with slipway.yaml has its components, whose settings stay in the file', async () => {
  const url = 'https://git.example.net/acme/described.git';
  const file =
    'components:\n  web:\n    kind: web\n    instances: 2\n  jobs:\n    kind: worker\n    rootDirectory: jobs\n';
  api.sources.commit(url, { 'slipway.yaml': file });
  const ref = { kind: 'branch', name: 'main' };
  const source = { kind: 'git', url, credential: { kind: 'none' }, ref };
  const inspection = await change('repositories.inspect', { url, credential: { kind: 'none' } });
  expect(inspection.data).toMatchObject({ manifest: { kind: 'read', components: [{ name: 'web' }, { name: 'jobs', kind: 'worker', rootDirectory: 'jobs' }] } }); // prettier-ignore
  const made = (await change('projects.create', { name: 'Described', source, deployment })).data as ProjectCreated;
  const project = await read<ProjectView>('projects.get', { project: made.projectSlug });
  expect(project.components.map(({ name, kind, settings }) => [name, kind, settings])).toEqual([
    ['web', 'web', { ref }],
    ['jobs', 'worker', { ref }],
  ]);
  const draft = await read<DraftView>('drafts.get', { deploymentId: made.deploymentId });
  expect(draft.components[0]).toMatchObject({ effective: { instances: 2 }, origins: { instances: 'slipway.yaml' } });
  expect(draft.offered).toEqual([]);
  api.sources.commit(url, { 'slipway.yaml': 'components: [' }, { branch: 'broken' });
  const broken = await change('projects.create', { name: 'Broken', source: { ...source, ref: { kind: 'branch', name: 'broken' } }, deployment }); // prettier-ignore
  expect(broken).toMatchObject({ status: 400, field: 'source.url' });
  expect(broken.body).toContain('slipway.yaml:');
});

test('a second project of the same name gets a slug of its own; a slug asked for must be free', async () => {
  await change('projects.create', { name: 'Twin', source: template, deployment });
  const second = (await change('projects.create', { name: 'Twin', source: template, deployment }))
    .data as ProjectCreated;
  expect(second.projectSlug).toMatch(/^twin-[a-z0-9]{4}$/);
  const taken = await change('projects.create', { name: 'Twin', slug: 'twin', source: template, deployment });
  expect(taken).toMatchObject({ status: 400, field: 'slug' });
});

test('when the rows cannot be written, the repository made for them is gone again', async () => {
  const before = api.sources.repositories.size;
  const answer = await change('projects.create', { name: 'X2', source: template, deployment: { ...deployment, regionId: newId('region') } }); // prettier-ignore
  expect(answer).toMatchObject({ status: 400, field: 'regionId' });
  expect(api.sources.repositories.size).toBe(before);
});

test('when the repository cannot be made, nothing is written', async () => {
  const { db } = api.services;
  const before = await db.$count(projects);
  api.sources.failNext('create', new AppError('unavailable', 'The disk is full.'));
  expect((await change('projects.create', { name: 'X3', source: template, deployment })).status).toBe(503);
  expect(await db.$count(projects)).toBe(before);
});

test.each(['ext::sh -c id', 'file:///etc', '/etc', 'http://127.0.0.1/x', 'https://u:p@example.com/x', '--upload-pack=id', 'ssh://-oProxyCommand=id/x', 'https://169.254.169.254/x'])(
  'the URL %s is refused at its field and nothing is written',
  async (url) => {
    const { db } = api.services;
    const before = await db.$count(repositories);
    const source = { kind: 'git', url, credential: { kind: 'token', token: 'abcdefghijklmnop' }, ref: { kind: 'branch', name: 'main' }, component: { name: 'web', kind: 'web' } }; // prettier-ignore
    const answer = await change('projects.create', { name: 'Git', source, deployment });
    expect(answer).toMatchObject({ status: 400, field: 'url' });
    expect(answer.body).not.toContain('abcdefghijklmnop');
    expect(await db.$count(repositories)).toBe(before);
  },
); // prettier-ignore

test.each(['-x', '--output=/x', 'a..b', '@{', 'HEAD:x', 'x'.repeat(300), ''])(
  'the branch %j is refused',
  async (name) => {
    const source = { kind: 'git', url: 'https://git.example.com/a/b', credential: { kind: 'none' }, ref: { kind: 'branch', name }, component: { name: 'web', kind: 'web' } }; // prettier-ignore
    expect(await change('projects.create', { name: 'Git', source, deployment })).toMatchObject({ status: 400, field: 'source.ref.name' }); // prettier-ignore
  },
);

test('an image needs its digest', async () => {
  const create = (image: string) => change('projects.create', { name: 'Img', source: { kind: 'image', image, port: 80, component: { name: 'web', kind: 'web' } }, deployment }); // prettier-ignore
  expect(await create('nginx:stable')).toMatchObject({ status: 400, field: 'source.image' });
  expect((await create(`nginx:stable@sha256:${'a'.repeat(64)}`)).status).toBe(200);
});

test('a worker from an image needs no port', async () => {
  const source = { kind: 'image', image: `jobs@sha256:${'b'.repeat(64)}`, component: { name: 'jobs', kind: 'worker' } };
  expect((await change('projects.create', { name: 'Jobs', source, deployment })).status).toBe(200);
});

test('a hundred parallel creates stop at the limit', async () => {
  const own = await makeWorld(api.services.db, api.sources, api.services.keys.variables, 'x'.repeat(12));
  const { db } = api.services;
  const mine = and(eq(projects.orgId, own.orgId));
  await db.insert(projects).values(Array.from({ length: limits.projects - 4 }, (_, index) => ({ id: newId('project'), orgId: own.orgId, slug: `p${index}`, name: 'P' }))); // prettier-ignore
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, index) => api.call(own.people.owner, 'projects.create', { org: own.org, name: `N${index}`, source: template, deployment }, { type: 'mutation' })),
  ); // prettier-ignore
  expect(answers.filter((answer) => answer.status === 200)).toHaveLength(3);
  expect(answers.filter((answer) => answer.status === 429)).toHaveLength(9);
  expect(await db.$count(projects, mine)).toBe(limits.projects + 1); // one of them is in the trash and does not count
});

test('a draft is saved by the revision that was edited, and another one in between is a conflict', async () => {
  const { deploymentId, componentId } = world;
  const save = (revision: number, overrides: object) => change('drafts.save', { deploymentId, revision, document: { components: [{ componentId, overrides }] } }); // prettier-ignore
  const both = await Promise.all([save(1, { instances: 2 }), save(1, { instances: 3 })]);
  expect(both.map((answer) => answer.status).toSorted((a, b) => a - b)).toEqual([200, 409]);
  const draft = await read<DraftView>('drafts.get', { deploymentId });
  expect(draft.revision).toBe(2);
  expect(draft.components[0]?.origins).toEqual({ instances: 'deployment' });
  const diff = await read<DraftDiff>('drafts.diff', { deploymentId });
  expect(diff.components).toMatchObject([{ name: 'web', change: 'changed', fields: [{ path: 'instances', from: 1 }] }]);
});

test.each([
  [{ instances: 11 }, 'instances'], [{ instances: -1 }, 'instances'], [{ size: { memoryMib: -1 } }, 'size.memoryMib'], [{ size: { cpuMillis: 1e9 } }, 'size.cpuMillis'],
  [{ run: { port: 0 } }, 'run.port'], [{ run: { port: 65_536 } }, 'run.port'], [{ run: { port: '80;id' } }, 'run.port'], [{ rootDirectory: '../x' }, 'rootDirectory'],
  [{ rootDirectory: '/etc' }, 'rootDirectory'], [{ build: { dockerfile: 'a/../../x' } }, 'build.dockerfile'], [{ build: { target: '$(id)' } }, 'build.target'],
  [{ readiness: { http: { path: '//evil' } } }, 'readiness.http.path'], [{ readiness: { http: { path: '/x\r\nHost: y' } } }, 'readiness.http.path'],
  [{ unknown: 1 }, ''], [{ build: { unknown: 1 } }, 'build'], [{ __proto__x: {} }, ''], [{ handOver: 'other' }, 'handOver'],
] as const)('the override %j is refused at %s', async (overrides, path) => {
  const { deploymentId, componentId } = world;
  const answer = await change('drafts.save', { deploymentId, revision: 2, document: { components: [{ componentId, overrides }] } }); // prettier-ignore
  const field = ['document.components.0.overrides', path].filter(Boolean).join('.');
  expect(answer).toMatchObject({ status: 400, field });
}); // prettier-ignore

test('a copied deployment has the draft and the variables of its source, each value sealed for its own row', async () => {
  const made = (await change('deployments.create', { projectId: world.projectId, name: 'Staging', stage: { name: 'staging', kind: 'built' }, copyFrom: world.deploymentId, refs: [{ componentId: world.componentId, ref: { kind: 'branch', name: 'next' } }] })).data as { id: string }; // prettier-ignore
  const draft = await read<DraftView>('drafts.get', { deploymentId: made.id });
  expect(draft.components[0]?.effective.ref).toEqual({ kind: 'branch', name: 'next' });
  const { variables } = await read<{ variables: { key: string; isSecret: boolean }[] }>('variables.list', { projectId: world.projectId, deploymentId: made.id }); // prettier-ignore
  expect(variables.map((row) => [row.key, row.isSecret])).toEqual([['GREETING', false], ['SECRET', true]]); // prettier-ignore
  const preview = await change('variables.preview', { projectId: world.projectId, scope: 'deployment', deploymentId: made.id, text: 'SECRET=planted-secret-value' }); // prettier-ignore
  expect(preview.data).toMatchObject({ entries: [{ change: 'same' }] });
});

test('deleting needs the typed name, and can be undone for 48 hours', async () => {
  const made = (await change('deployments.create', { projectId: world.projectId, name: 'Gone', stage: { name: 'testing', kind: 'built' } })).data as { id: string }; // prettier-ignore
  const remove = (typedName: string) => change('deployments.delete', { deploymentId: made.id, typedName });
  expect(await remove('production')).toMatchObject({ status: 400, field: 'typedName' });
  expect((await remove('gone')).status).toBe(200);
  const { db } = api.services;
  const row = eq(deployments.id, made.id);
  expect((await db.select({ power: deployments.power }).from(deployments).where(row))[0]?.power).toBe('trashed');
  expect((await change('deployments.restore', { deploymentId: made.id })).status).toBe(200);
  await remove('gone');
  await db
    .update(deployments)
    .set({ deletedAt: new Date(Date.now() - 49 * 3_600_000) })
    .where(row);
  expect((await change('deployments.restore', { deploymentId: made.id })).status).toBe(404);
});

test('a component that a draft has stays; one that none has goes', async () => {
  const add = (name: string, deploymentIds: string[]) => change('components.add', { projectId: world.projectId, name, kind: 'worker', source: { kind: 'repository', repositoryId: world.repositoryId }, deploymentIds }); // prettier-ignore
  const used = (await add('jobs', [world.deploymentId])).data as { id: string };
  expect((await change('components.remove', { componentId: used.id })).status).toBe(409);
  const [draft] = await api.services.db.select({ document: drafts.document, revision: drafts.revision }).from(drafts).where(eq(drafts.deploymentId, world.deploymentId)); // prettier-ignore
  const components = draft?.document.components.filter((entry) => entry.componentId !== used.id);
  await change('drafts.save', {
    deploymentId: world.deploymentId,
    revision: draft?.revision,
    document: { components },
  });
  expect((await change('components.remove', { componentId: used.id })).status).toBe(200);
  expect(await add('jobs', [])).toMatchObject({ status: 400, field: 'name' });
});

test('the settings of a release become the draft, by the revision that was shown', async () => {
  const own = await makeWorld(api.services.db, api.sources, api.services.keys.variables, 'x'.repeat(12));
  const by = (procedure: string, input: object, type: 'query' | 'mutation' = 'mutation') =>
    api.call(own.people.owner, procedure, { org: own.org, ...input }, { type });
  const document = { components: [{ componentId: own.componentId, overrides: { instances: 4 } }] };
  await by('drafts.save', { deploymentId: own.deploymentId, revision: 1, document });
  expect(await by('drafts.loadRelease', { releaseId: own.releaseId, revision: 1 })).toMatchObject({ status: 409, field: 'revision' }); // prettier-ignore
  expect((await by('drafts.loadRelease', { releaseId: own.releaseId, revision: 2 })).data).toEqual({ revision: 3, leftOut: [] }); // prettier-ignore
  const draft = (await by('drafts.get', { deploymentId: own.deploymentId }, 'query')).data as DraftView;
  expect(draft.components[0]?.effective.instances).toBe(1);
});
