/** The checker proves itself: an engine with one promise broken turns it red, and the same run without it stays green. */
import { afterEach, expect, inject, test } from 'vitest';
import { eq } from 'drizzle-orm';
import { components } from '#server/db/schema/projects.ts';
import { createTestDatabase } from '#server/db/testing.ts';
import { AppError } from '#server/errors.ts';
import { advanceRelease } from '#server/release/advance.ts';
import { type Bench, createBench } from '#server/release/bench.ts';
import type { Engine } from '#server/release/engine.ts';
import { createFault, InjectedCrash } from '#server/release/fault.ts';
import { abortAnyway, claimAnyway, type Mutant, mutants, type Story } from '#server/release/mutants.ts';
import { checkPromises } from '#server/release/promises.ts';
import { abortRelease } from '#server/usecases/abort-release.ts';
import { requestRelease } from '#server/usecases/request-release.ts';
import { operateDeployment } from '#server/usecases/operate-deployment.ts';

const never = new AbortController().signal;
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

const request = async (bench: Bench): Promise<string> => {
  bench.source.commit(bench.made.repositoryId, { 'index.js': String(Math.random()) });
  const { deploymentId } = bench.made;
  return (await requestRelease(bench.ctx, { deploymentId, kind: 'deploy', draftRevision: 1 })).releaseId;
};
const tolerate = async (work: Promise<unknown>): Promise<void> => {
  await work.catch((error: unknown) => {
    if (!(error instanceof InjectedCrash || error instanceof AppError)) throw error;
  });
};

async function takeover(bench: Bench, parts: Partial<Engine>): Promise<void> {
  await request(bench);
  const fault = createFault({ point: 'hook.after_start', how: 'throw', visit: 1 }, () => {
    throw new InjectedCrash('hook.after_start');
  });
  await tolerate(bench.settle(bench.worker('doomed', { ...parts, fault })));
  await bench.settle(bench.worker('heir', parts));
}

/** The worker stands still before a call of the machine until another one has finished its release. */
async function pausedWorker(bench: Bench, parts: Partial<Engine>): Promise<void> {
  const id = await request(bench);
  await bench.claim();
  const [reached, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const region = parts.region ?? bench.engine.region;
  const paused = bench.worker('paused', {
    region: (fence) => {
      const inner = region(fence);
      const start: typeof inner.instances.start = async (spec, signal) => {
        reached.resolve();
        await gate.promise;
        return inner.instances.start(spec, signal);
      };
      return { ...inner, instances: { ...inner.instances, start } };
    },
    // Its heart stands still too.
    background: { now: () => bench.time.background.now(), sleep: () => new Promise(() => undefined) },
  });
  const running = advanceRelease(paused, id, never);
  await reached.promise;
  bench.time.advance(60_000);
  await bench.settle(bench.worker('heir', parts));
  gate.resolve();
  await tolerate(running);
}

async function lateAbort(bench: Bench, anyway: boolean): Promise<void> {
  const id = await request(bench);
  let asked = false;
  const worker = bench.worker('worker-2', {
    region: (fence) => {
      const inner = bench.engine.region(fence);
      const confirmed: typeof inner.edge.confirmed = async (...args) => {
        const generation = await inner.edge.confirmed(...args);
        if (!asked) {
          asked = true;
          await tolerate(anyway ? abortAnyway(bench, id) : abortRelease(bench.ctx, { releaseId: id }));
        }
        return generation;
      };
      return { ...inner, edge: { ...inner.edge, confirmed } };
    },
  });
  await bench.settle(worker);
}

const stories: Record<Story, (bench: Bench, parts: Partial<Engine>, isMutant: boolean) => Promise<unknown>> = {
  'second deploy': async (bench, parts) => {
    await request(bench);
    await bench.settle(bench.worker('worker-2', parts));
  },
  takeover,
  'failed switch': async (bench, parts) => {
    await request(bench);
    bench.edge.fault({ method: 'confirmed', when: 'before', how: 'hang' });
    await bench.settle(bench.worker('worker-2', parts));
  },
  restart: async (bench, parts) => {
    await operateDeployment(bench.ctx, { kind: 'restart', deploymentId: bench.made.deploymentId });
    await bench.settle(bench.worker('worker-2', parts));
  },
  'paused worker': pausedWorker,
  'two at once': async (bench, parts, isMutant) => {
    const first = await request(bench);
    await bench.claim();
    await request(bench);
    if (isMutant) await claimAnyway(bench);
    await advanceRelease(bench.worker('worker-2', parts), first, never);
    await bench.settle(bench.worker('worker-2', parts));
  },
  'late abort': (bench, _parts, isMutant) => lateAbort(bench, isMutant),
};

const limitMs = 4000;
async function play(story: Story, mutant: Mutant | null): Promise<string[]> {
  const database = await createTestDatabase(inject('pgAdminUrl'));
  closers.push(() => database.close());
  const bench = await createBench(database);
  closers.push(() => bench.close());
  await database.db
    .update(components)
    .set({ settings: { hook: { postdeploy: 'migrate', firstDeploy: null } } })
    .where(eq(components.id, bench.made.componentId));
  bench.recorder.probe(bench.made.deploymentId, bench.host);
  await request(bench);
  await bench.settle();
  await mutant?.database?.(database);
  const parts = mutant?.worker?.(bench) ?? {};
  const played = tolerate(stories[story](bench, parts, mutant !== null) as Promise<unknown>);
  if (mutant?.wedges) await Promise.race([played, new Promise((resolve) => setTimeout(resolve, limitMs))]);
  else await played;
  return checkPromises(bench);
}

test.each(Object.keys(stories) as Story[])('without a mutant the story “%s” keeps every promise', async (story) => {
  expect(await play(story, null)).toEqual([]);
});

test.each(mutants)('$name: the checker says $promise', async (mutant) => {
  const broken = await play(mutant.story, mutant);
  expect(broken.map((sentence) => sentence.slice(0, 2))).toContain(mutant.promise);
});

test('there are at least twelve mutants, and one for each promise', () => {
  expect(mutants.length).toBeGreaterThanOrEqual(12);
  expect([...new Set(mutants.map((mutant) => mutant.promise))].toSorted()).toEqual(['P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'P7', 'P8']); // prettier-ignore
});
