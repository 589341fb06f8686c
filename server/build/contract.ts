/** What every BuildEngine does, whatever builds underneath. Drivers and the fake run it with a harness of their own. */
import { expect, it } from 'vitest';
import type { BuildEngine, BuildEvent, BuildRequest, BuildResult } from '#server/build/types.ts';

export type BuildScenario = 'succeeds' | 'fails' | 'slow';

export interface BuildEngineHarness {
  engine: BuildEngine;
  /** Prepares source so that a build of the request plays the scenario; `slow` takes at least 20 s unless aborted. */
  prepare(scenario: BuildScenario): Promise<BuildRequest>;
  /** The image id that the runtime engine has under this reference. */
  stored(reference: string): Promise<string | null>;
  /** Images in the builder that belong to the work id. */
  leftovers(workId: string): Promise<number>;
}

const never = (): AbortSignal => new AbortController().signal;

async function run(harness: BuildEngineHarness, request: BuildRequest): Promise<[BuildResult, BuildEvent[]]> {
  const events: BuildEvent[] = [];
  const result = await harness.engine.build(request, (event) => events.push(event), never());
  return [result, events];
}

/** Declares the tests; call inside a `describe`. */
export function buildEngineContract(harness: () => BuildEngineHarness): void {
  it('reports each step as started before it ends, and ends every one', async () => {
    const [result, events] = await run(harness(), await harness().prepare('succeeds'));
    expect(result.kind).toBe('built');
    const open = new Set<string>();
    for (const event of events) {
      if (event.kind !== 'step') continue;
      if (event.state === 'started') open.add(event.id);
      else expect(open.delete(event.id)).toBe(true);
    }
    expect(events.some((event) => event.kind === 'step')).toBe(true);
    expect([...open]).toEqual([]);
  });

  it('answers a failing build as data, with a reason and the step that failed', async () => {
    const [result, events] = await run(harness(), await harness().prepare('fails'));
    expect(result).toMatchObject({ kind: 'failed', code: 'build_failed' });
    if (result.kind === 'failed') expect([result.message, result.advice].every((text) => text.length > 0)).toBe(true);
    expect(events.some((event) => event.kind === 'step' && event.state === 'failed')).toBe(true);
  });

  it('ends within a second of an abort and throws aborted', async () => {
    const request = await harness().prepare('slow');
    const controller = new AbortController();
    let abortedAt = 0;
    const abort = (): void => {
      abortedAt = performance.now();
      controller.abort(new Error('the user aborted'));
    };
    const ended = harness().engine.build(request, () => !abortedAt && abort(), controller.signal);
    await expect(ended).rejects.toMatchObject({ code: 'aborted' });
    expect(performance.now() - abortedAt).toBeLessThan(1000);
    await harness().engine.discard(request.workId, never());
    expect(await harness().leftovers(request.workId)).toBe(0);
  });

  it('refuses to begin under an aborted signal', async () => {
    const request = await harness().prepare('succeeds');
    await expect(harness().engine.build(request, () => undefined, AbortSignal.abort())).rejects.toMatchObject({
      code: 'aborted',
    });
  });

  it('stores an image under its reference, also when repeated, and when the builder has discarded it since', async () => {
    const request = await harness().prepare('succeeds');
    const [result] = await run(harness(), request);
    if (result.kind !== 'built') throw new Error(`the build failed: ${result.message}`);
    await harness().engine.store(result.imageId, request.reference, never());
    await harness().engine.store(result.imageId, request.reference, never());
    expect(await harness().stored(request.reference)).toBe(result.imageId);
    await harness().engine.discard(request.workId, never());
    expect(await harness().leftovers(request.workId)).toBe(0);
    await harness().engine.store(result.imageId, request.reference, never());
    expect(await harness().stored(request.reference)).toBe(result.imageId);
  });

  it('discards the same work twice, and work that never was', async () => {
    await harness().engine.discard('rel_none/cmp_none', never());
    await harness().engine.discard('rel_none/cmp_none', never());
  });
}
