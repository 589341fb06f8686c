import { expect, test } from 'vitest';
import { edgeContract, type EdgeHarness } from '#server/edge/contract.ts';
import type { Clock } from '#server/clock.ts';
import { createFakeEdge } from '#server/edge/fake.ts';

const settings = { responseTimeoutMs: 30_000, tunnelTimeoutMs: 60_000, maxConnections: 10, queueLimit: 0 };
const one = (generation: number, server: string): Parameters<ReturnType<typeof createFakeEdge>['publish']>[0] => ({
  deploymentId: 'dep',
  releaseId: `rel_${generation}`,
  generation,
  targets: [
    {
      key: 'web',
      servers: [{ name: server, address: '10.0.0.1', port: 80 }],
      settings,
      routes: [{ host: 'a.test', path: '/' }],
    },
  ],
  notices: [],
});
const signal = new AbortController().signal;

edgeContract('fake', async (): Promise<EdgeHarness> => {
  const time = new Date().getTime();
  let passed = 0;
  const clock: Clock = {
    now: () => new Date(time + passed),
    sleep: () => new Promise((resolve) => void setTimeout(resolve, 1)),
  };
  const driver = createFakeEdge([], clock);
  let port = 1000;
  return {
    driver,
    server: async (name) => ({ name, address: '10.0.0.1', port: (port += 1) }),
    request: async (host, path) => {
      const answer = await driver.arrive(host, path);
      if (answer.kind === 'server') return { status: 200, server: answer.server, release: answer.release };
      return { status: answer.kind === 'unknown-host' ? 404 : 503, server: null, release: null };
    },
    hold: async (host, path) => {
      const held = driver.hold(host, path);
      return { server: held.server, end: async () => held.end(), ended: Promise.resolve() };
    },
    backendOf: async (deploymentId, key) => driver.backendOf(deploymentId, key),
    pass: async (ms) => {
      passed += ms;
    },
    close: async () => undefined,
  };
});

test('a fault before the effect leaves the routes; one after it does not; each is used once', async () => {
  const edge = createFakeEdge();
  await edge.publish(one(1, 'old'), signal);
  edge.fault({ method: 'publish', when: 'before', how: 'fail' });
  edge.fault({ method: 'publish', when: 'after', how: 'fail' });
  await expect(edge.publish(one(2, 'new'), signal)).rejects.toMatchObject({ code: 'unavailable' });
  expect(edge.request('a.test')).toMatchObject({ server: 'old' });
  await expect(edge.publish(one(2, 'new'), signal)).rejects.toMatchObject({ code: 'unavailable' });
  expect(edge.request('a.test')).toMatchObject({ server: 'new' });
  await edge.publish(one(2, 'new'), signal);
});

test('a hanging call ends with the signal', async () => {
  const edge = createFakeEdge();
  const controller = new AbortController();
  edge.fault({ method: 'confirmed', when: 'after', how: 'hang' });
  const call = edge.confirmed('dep', controller.signal);
  controller.abort();
  await expect(call).rejects.toMatchObject({ code: 'aborted' });
});

test('a reserved host cannot be taken', async () => {
  await expect(createFakeEdge(['a.test']).publish(one(1, 'web'), signal)).rejects.toMatchObject({ code: 'conflict' });
});
