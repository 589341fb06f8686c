/** Twenty random steps per seed, workers that die at random points between them, and the promises at the end. */
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '#server/db/testing.ts';
import { reconcilePower } from '#server/db/system/power.ts';
import type { PersonOperation } from '#server/domain/operations.ts';
import { AppError } from '#server/errors.ts';
import { type Bench, createBench } from '#server/release/bench.ts';
import { createFault, faultPoints, InjectedCrash } from '#server/release/fault.ts';
import { checkPromises } from '#server/release/promises.ts';
import { abortRelease } from '#server/usecases/abort-release.ts';
import { operateDeployment } from '#server/usecases/operate-deployment.ts';
import { requestRollback } from '#server/usecases/request-rollback.ts';
import { requestRelease } from '#server/usecases/request-release.ts';
import { randomOf } from '#tools/random.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase(inject('pgAdminUrl'));
});
afterAll(() => database.close());

const refused = (error: unknown): void => {
  if (!(error instanceof AppError && ['conflict', 'too_many'].includes(error.code))) throw error;
};

async function step(bench: Bench, pick: (below: number) => number, requested: string[]): Promise<void> {
  const { deploymentId, repositoryId, componentId } = bench.made;
  const deploy = async (): Promise<void> => {
    await note(requestRelease(bench.ctx, { deploymentId, kind: 'deploy' }));
  };
  const note = (asked: Promise<{ releaseId: string }>): Promise<void> =>
    asked.then(({ releaseId }) => void requested.push(releaseId), refused);
  const operate = (kind: PersonOperation): Promise<void> =>
    note(operateDeployment(bench.ctx, { kind, deploymentId, ...(kind === 'scale' ? { scale: [{ componentId, instances: 1 + pick(2), memoryMib: 64 * (1 + pick(2)) }] } : {}) })); // prettier-ignore
  switch (pick(13)) {
    case 0:
    case 1:
      bench.source.commit(repositoryId, { 'index.js': String(pick(1000)) });
      return deploy();
    case 2:
      return deploy();
    case 3:
      return operate('restart');
    case 8:
      return operate('scale');
    case 9:
      return operate(pick(3) ? 'resume' : 'suspend');
    case 10: {
      const to = requested[pick(Math.max(1, requested.length))];
      return to === undefined ? undefined : note(requestRollback(bench.ctx, { releaseId: to }));
    }
    case 11:
      await reconcilePower(bench.engine.db, bench.engine.now);
      return;
    case 4: {
      const last = requested.at(-1);
      if (last) await abortRelease(bench.ctx, { releaseId: last }).then(() => undefined, refused);
      return;
    }
    case 5:
      bench.builds.script(componentId, pick(2) ? {} : { failure: { kind: 'failed', code: 'build_failed', message: 'no', advice: 'read' } }); // prettier-ignore
      return;
    case 6:
      bench.edge.fault({ method: pick(2) ? 'publish' : 'confirmed', when: pick(2) ? 'before' : 'after', how: 'fail' });
      return;
    default: {
      const point = faultPoints[pick(faultPoints.length)] ?? 'fetching.before';
      const doomed = bench.worker(`doomed-${pick(1000)}`, {
        fault: createFault({ point, how: 'throw', visit: 1 }, () => {
          throw new InjectedCrash(point);
        }),
      });
      await bench.settle(doomed).catch((error: unknown) => {
        if (!(error instanceof InjectedCrash)) throw error;
      });
    }
  }
}

// `npm run faults -- --seeds 200` asks for more.
const count = Number(process.env['SLIPWAY_FAULT_SEEDS'] ?? 10);
const seeds = Array.from({ length: count }, (_entry, index) => index + 1);

test.each(seeds)('seed %i keeps the promises', async (seed) => {
  const bench = await createBench(database);
  const pick = randomOf(seed);
  const requested: string[] = [];
  try {
    for (let n = 0; n < 20; n += 1) {
      await step(bench, pick, requested);
      if (pick(2)) await bench.claim();
      if (pick(3) === 0) await bench.settle();
    }
    await bench.settle(bench.worker('heir'));
    for (const id of requested) expect((await bench.release(id)).outcome).not.toBeNull();
    expect(await checkPromises(bench)).toEqual([]);
  } finally {
    await bench.close();
  }
});
