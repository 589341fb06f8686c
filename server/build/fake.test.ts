import { describe, expect, it } from 'vitest';
import { buildEngineContract, type BuildScenario } from '#server/build/contract.ts';
import { createFakeBuildEngine, type FakeBuildScript } from '#server/build/fake.ts';
import type { BuildRequest } from '#server/build/types.ts';

const scripts: Record<BuildScenario, FakeBuildScript> = {
  succeeds: {
    steps: [
      { name: '[1/2] FROM node', cached: true },
      { name: '[2/2] RUN npm ci', lines: ['added 3'] },
    ],
  },
  fails: {
    failure: { kind: 'failed', code: 'build_failed', message: 'npm ci ended with 1.', advice: 'Read the log.' },
  },
  slow: { takesMs: 20_000 },
};

let count = 0;
const requestFor = (componentId: string): BuildRequest => ({
  workId: `rel_${String((count += 1))}/${componentId}`,
  cacheNamespace: 'one',
  plan: { planner: 'node', found: [], dockerfile: { kind: 'rendered', text: 'FROM scratch' }, context: '.', target: '', port: null, command: null },
  buildArgs: {},
  reference: `slipway/${String(count)}:1`,
  limits: { memoryMib: 512, cpuMillis: 1000, processes: 256, timeoutMs: 60_000, imageBytes: 1e9 },
}); // prettier-ignore

describe('the fake build engine', () => {
  const engine = createFakeBuildEngine();
  buildEngineContract(() => ({
    engine,
    prepare: async (scenario) => {
      engine.script(scenario, scripts[scenario]);
      return requestFor(scenario);
    },
    stored: async (reference) => engine.stored.get(reference) ?? null,
    leftovers: async (workId) =>
      [...engine.images.values(), ...engine.running].filter((owner) => owner === workId).length,
  }));

  it('throws unavailable while the engine is away, and stores again once told to stop failing', async () => {
    engine.script('cmp_away', { away: true });
    const signal = new AbortController().signal;
    await expect(engine.build(requestFor('cmp_away'), () => undefined, signal)).rejects.toMatchObject({
      code: 'unavailable',
    });
    const request = requestFor('cmp_ok');
    const result = await engine.build(request, () => undefined, signal);
    if (result.kind !== 'built') throw new Error(result.message);
    engine.failStores(1);
    await expect(engine.store(result.imageId, request.reference, signal)).rejects.toMatchObject({
      code: 'unavailable',
    });
    await engine.store(result.imageId, request.reference, signal);
    expect(engine.stored.get(request.reference)).toBe(result.imageId);
  });
});
