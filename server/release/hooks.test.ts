/** Hooks of a release: from where, which, how often. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { and, eq } from 'drizzle-orm';
import { instances } from '#server/db/schema/instances.ts';
import { components } from '#server/db/schema/projects.ts';
import { createTestDatabase, type TestDatabase } from '#server/db/testing.ts';
import type { SettingsOverrides } from '#server/domain/settings.ts';
import { type Bench, createBench } from '#server/release/bench.ts';
import { createFault, InjectedCrash } from '#server/release/fault.ts';
import { checkPromises } from '#server/release/promises.ts';
import { requestRelease } from '#server/usecases/request-release.ts';

let database: TestDatabase;
let bench: Bench;
/** Commands of the hooks that ran, in order. */
let ran: (string | null)[];
beforeAll(async () => {
  database = await createTestDatabase(inject('pgAdminUrl'));
});
afterAll(() => database.close());
beforeEach(async () => {
  bench = await createBench(database);
  ran = [];
  bench.region.runtime.behave(
    (spec) => spec.role === 'hook' && ran.push(spec.command) > 0,
    { exit: { afterMs: 100, code: 0 } },
  ); // prettier-ignore
});
afterEach(() => bench.close());

const configure = (settings: SettingsOverrides) =>
  database.db.update(components).set({ settings }).where(eq(components.id, bench.made.componentId));
const deploy = async (): Promise<string> => {
  bench.source.commit(bench.made.repositoryId, { 'index.js': String(Math.random()) });
  return (await requestRelease(bench.ctx, { deploymentId: bench.made.deploymentId, kind: 'deploy', draftRevision: 1 }))
    .releaseId;
};
const crashAt = (point: string) =>
  createFault({ point, how: 'throw', visit: 1 }, () => {
    throw new InjectedCrash(point);
  });
const procfile = (postdeploy: string | null, firstDeploy: string | null): void => {
  const before = { ...bench.engine };
  bench.engine.plan = async (...given) => {
    const made = await before.plan(...given);
    return made.kind === 'failed' ? made : { ...made, plan: { ...made.plan, hooks: { postdeploy, firstDeploy } } };
  };
};

test('the hooks of a Procfile run: first-deploy with the first release, postdeploy with each later one', async () => {
  procfile('migrate', 'seed');
  for (let index = 0; index < 3; index += 1) {
    const id = await deploy();
    await bench.settle();
    expect(await bench.release(id)).toMatchObject({ state: 'live' });
  }
  expect(ran).toEqual(['seed', 'migrate', 'migrate']);
});

test('first-deploy runs again until a release is live', async () => {
  await configure({ hook: { firstDeploy: 'seed', postdeploy: 'migrate' } });
  bench.region.runtime.behave((spec) => spec.role === 'hook' && ran.length === 0 && ran.push(spec.command) > 0, {
    exit: { afterMs: 100, code: 9 },
  });
  const failed = await deploy();
  await bench.settle();
  expect(await bench.release(failed)).toMatchObject({ state: 'failed', failure: { code: 'hook_failed' } });
  await deploy();
  await bench.settle();
  expect(ran).toEqual(['seed', 'seed']);
});

test('a setting wins over the Procfile, and an empty one means that none runs', async () => {
  procfile('from the file', null);
  await configure({ hook: { postdeploy: 'from the setting' } });
  await deploy();
  await bench.settle();
  await configure({ hook: { postdeploy: '' } });
  await deploy();
  await bench.settle();
  expect(ran).toEqual(['from the setting']);
});

test.each(['hook.before_start', 'hook.after_start', 'hook.after_exit', 'hook.before_remove'])(
  'a worker that dies at %s does not make the hook run twice',
  async (point) => {
    await configure({ hook: { postdeploy: 'migrate' } });
    const id = await deploy();
    const fault = crashAt(point);
    await bench.claim();
    const dying = bench.worker('worker-2', { fault });
    await expect(bench.advance(id, dying)).rejects.toBeInstanceOf(InjectedCrash);
    bench.time.advance(60_000);
    await bench.settle();
    expect(await bench.release(id)).toMatchObject({ state: 'live' });
    expect(ran).toEqual(['migrate']);
    expect(await checkPromises(bench)).toEqual([]);
  },
);

test.each([
  [false, 'failed', ['migrate']],
  [true, 'live', ['migrate', 'migrate']],
] as const)(
  'a hook whose instance is lost runs again only when it is repeatable: %s',
  async (repeatable, state, all) => {
    await configure({ hook: { postdeploy: 'migrate', repeatable } });
    const id = await deploy();
    const fault = crashAt('hook.after_start');
    await bench.claim();
    await expect(bench.advance(id, bench.worker('worker-2', { fault }))).rejects.toBeInstanceOf(InjectedCrash);
    const [row] = await database.db.select().from(instances).where(and(eq(instances.role, 'hook'), eq(instances.startedBy, id))); // prettier-ignore
    await bench.region.runtime.remove(row?.id ?? '', new AbortController().signal);
    bench.time.advance(60_000);
    await bench.settle();
    expect(await bench.release(id)).toMatchObject({ state });
    expect(ran).toEqual(all);
  },
);
