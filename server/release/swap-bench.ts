/** An engine on fakes whose component is replaced one at a time, watched for a second instance beside it. For tests. */
import { eq } from 'drizzle-orm';
import type { TestDatabase } from '#server/db/testing.ts';
import { components, drafts } from '#server/db/schema/projects.ts';
import type { SettingsOverrides } from '#server/domain/settings.ts';
import type { ComponentKind } from '#server/domain/words.ts';
import { newId } from '#server/ids.ts';
import { type Bench, createBench } from '#server/release/bench.ts';
import type { Engine } from '#server/release/engine.ts';
import { createFault, type FaultPoint, InjectedCrash } from '#server/release/fault.ts';
import { requestRelease } from '#server/usecases/request-release.ts';

export interface SwapBench extends Bench {
  /** Components of which an instance was started while another one ran. */
  doubles: string[];
  behave: Bench['region']['runtime']['behave'];
  configure(settings: SettingsOverrides, componentId?: string): Promise<void>;
  addComponent(name: string, kind: ComponentKind, settings?: SettingsOverrides): Promise<string>;
  /** Asks for a release of new code. */
  request(): Promise<string>;
  /** The same, and runs it to its end. */
  deploy(engine?: Engine): Promise<string>;
  /** Instances of the component that run; of the deployment's first one when left out. */
  running(componentId?: string): string[];
  /** A worker that does this at its first visit of the point. */
  at(point: FaultPoint, act: () => void): Engine;
  /** A worker that dies there. */
  doomed(point: FaultPoint): Engine;
}

export async function createSwapBench(database: TestDatabase): Promise<SwapBench> {
  const bench = await createBench(database);
  const { made, region } = bench;
  const { runtime } = region;
  const doubles: string[] = [];
  const running = (componentId = made.componentId): string[] => {
    const ids = new Set(runtime.runningIds());
    const mine = runtime.specs().filter((spec) => spec.componentId === componentId && spec.role === 'serving');
    return mine.map((spec) => spec.id).filter((id) => ids.has(id));
  };
  /** The newest script is asked first. */
  const watchDoubles = (): void =>
    runtime.behave((spec) => {
      if (spec.role === 'serving' && running(spec.componentId).length > 0) doubles.push(spec.componentId);
      return false;
    }, {});
  const configure = async (settings: SettingsOverrides, componentId = made.componentId): Promise<void> => {
    await database.db.update(components).set({ settings }).where(eq(components.id, componentId));
  };
  const request = async (): Promise<string> => {
    bench.source.commit(made.repositoryId, { 'index.js': newId('release') });
    return (await requestRelease(bench.ctx, { deploymentId: made.deploymentId, kind: 'deploy' })).releaseId;
  };
  const at = (point: FaultPoint, act: () => void): Engine =>
    bench.worker('worker-2', { fault: createFault({ point, how: 'throw', visit: 1 }, act) });
  watchDoubles();
  await configure({ handOver: 'single' });
  return {
    ...bench,
    doubles,
    running,
    configure,
    request,
    at,
    behave: (...args) => {
      runtime.behave(...args);
      watchDoubles();
    },
    async addComponent(name, kind, settings = {}) {
      const id = newId('component');
      const { orgId, projectId, repositoryId, deploymentId, componentId } = made;
      await database.db.insert(components).values({ id, orgId, projectId, name, kind, settings, repositoryId, position: 1 }); // prettier-ignore
      await database.db.update(drafts).set({ document: { components: [{ componentId, overrides: {} }, { componentId: id, overrides: {} }] } }).where(eq(drafts.deploymentId, deploymentId)); // prettier-ignore
      return id;
    },
    async deploy(engine = bench.engine) {
      const id = await request();
      await bench.settle(engine);
      return id;
    },
    doomed: (point) =>
      at(point, () => {
        throw new InjectedCrash(point);
      }),
  };
}
