import { stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createFakeRegion } from '#server/agent/fake-region.ts';
import type { FakeRegion } from '#server/agent/fake-region.ts';
import { createMemoryFences } from '#server/agent/fences.ts';
import { serveAgent } from '#server/agent/server.ts';
import { startTestAgent } from '#server/agent/test-agent.ts';
import type { TestAgent } from '#server/agent/test-agent.ts';
import { buildEngineContract } from '#server/build/contract.ts';
import type { BuildEvent, BuildRequest } from '#server/build/types.ts';
import { newId } from '#server/ids.ts';
import { createLogger } from '#server/log.ts';
import { runtimeContract } from '#server/runtime/contract.ts';
import { createFakeHarness } from '#server/runtime/fake-harness.ts';
import type { InstanceSpec } from '#server/runtime/types.ts';
import { volumeContract } from '#server/volumes/contract.ts';
import { createFakeVolumeHarness } from '#server/volumes/fake-harness.ts';

runtimeContract('fake, through the agent', async () => {
  const harness = createFakeHarness();
  const agent = await startTestAgent({ ...createFakeRegion().region, ...harness });
  const remote = agent.remote({ scope: 'rel_1', number: 1 });
  return { ...harness, ...remote, dispose: () => agent.dispose() };
});

volumeContract('fake, through the agent', async () => {
  const harness = createFakeVolumeHarness();
  const agent = await startTestAgent({ ...createFakeRegion().region, volumes: harness.volumes });
  const { volumes } = agent.remote({ scope: 'rel_1', number: 1 });
  return { ...harness, volumes, dispose: () => agent.dispose() };
});

const { signal } = new AbortController();
const request = (componentId: string): BuildRequest => ({
  workId: `${newId('release')}/${componentId}`,
  cacheNamespace: 'one',
  plan: {
    planner: 'node',
    found: [],
    dockerfile: { kind: 'rendered', text: 'FROM scratch' },
    context: '.',
    target: '',
    port: null,
    command: null,
    hooks: { postdeploy: 'npm run migrate', firstDeploy: null },
  },
  buildArgs: {},
  reference: `slipway/${newId('artifact')}:1`,
  limits: { memoryMib: 512, cpuMillis: 1000, processes: 256, timeoutMs: 60_000, imageBytes: 1e9 },
});

describe('agent', () => {
  let fake: FakeRegion;
  let agent: TestAgent;
  beforeAll(async () => {
    fake = createFakeRegion();
    agent = await startTestAgent(fake.region);
  });
  afterAll(() => agent.dispose());

  const under = (number: number, scope: string = newId('release')) => agent.remote({ scope, number });
  const instance = async (change: Partial<InstanceSpec> = {}): Promise<InstanceSpec> => {
    const id = newId('deployment');
    const octet = String(fake.runtime.networks().length + 1);
    const network = { deploymentId: id, bridge: `slw-test-${octet}`, subnet: `10.7.${octet}.0/26` };
    await under(1, id).instances.ensureNetwork(network, signal);
    const reference = `slipway/${newId('artifact')}:1`;
    fake.artifacts.put(reference);
    return {
      id: newId('instance'),
      deploymentId: id,
      componentId: 'cmp_1',
      releaseId: 'rel_1',
      role: 'serving',
      image: reference,
      command: null,
      env: { PORT: '3000' },
      network,
      address: `10.7.${octet}.2`,
      aliases: [],
      cpuMillis: 500,
      memoryMib: 64,
      stopGraceSeconds: 30,
      ...change,
    };
  };

  describe('builds', () => {
    buildEngineContract(() => ({
      engine: under(1, 'rel_build').builds,
      async prepare(scenario) {
        if (scenario === 'slow') fake.builds.script('slow', { takesMs: 20_000 });
        if (scenario === 'succeeds') fake.builds.script('succeeds', { steps: [{ name: 'one', lines: ['line'] }] });
        if (scenario === 'fails')
          fake.builds.script('fails', {
            failure: { kind: 'failed', code: 'build_failed', message: 'It ended with 1.', advice: 'Read the log.' },
          });
        return request(scenario);
      },
      stored: async (reference) => fake.builds.stored.get(reference) ?? null,
      leftovers: async (workId) =>
        [...fake.builds.images.values(), ...fake.builds.running].filter((owner) => owner === workId).length,
    }));

    it('stop in the agent when their caller goes away', async () => {
      fake.builds.script('cmp_slow', { takesMs: 20_000 });
      const caller = new AbortController();
      const events: BuildEvent[] = [];
      const build = under(1).builds.build(request('cmp_slow'), (event) => events.push(event), caller.signal);
      await vi.waitFor(() => expect(events.length).toBeGreaterThan(0));
      expect(fake.builds.running.size).toBe(1);
      caller.abort();
      await expect(build).rejects.toMatchObject({ code: 'aborted' });
      await vi.waitFor(() => expect(fake.builds.running.size).toBe(0));
    });
  });

  it('refuses changing calls of an older lease and lets it read', async () => {
    const spec = await instance();
    await under(7, spec.releaseId).instances.start(spec, signal);
    await expect(under(6, spec.releaseId).instances.remove(spec.id, signal)).rejects.toMatchObject({ code: 'fenced' });
    expect((await under(6, spec.releaseId).instances.inspect(spec.id, signal)).phase).toBe('running');
  });

  it('publishes through the socket', async () => {
    const edge = under(1, 'dep_1').edge;
    const settings = { responseTimeoutMs: 1000, tunnelTimeoutMs: 1000, maxConnections: 10, queueLimit: 0 };
    const servers = [{ name: 'ins_1', address: '10.7.0.2', port: 3000 }];
    const targets = [{ key: 'cmp_1', servers, settings, routes: [{ host: 'a.test', path: '/' }] }];
    await edge.publish({ deploymentId: 'dep_1', releaseId: 'rel_1', generation: 3, targets, notices: [] }, signal);
    expect(await edge.confirmed('dep_1', signal)).toBe(3);
    expect(fake.edge.request('a.test')).toMatchObject({ kind: 'server', server: 'ins_1' });
    expect(await edge.drain('dep_1', ['ins_1'], signal)).toEqual({ open: 0 });
    expect(await edge.traffic('dep_1', signal)).toHaveProperty('cmp_1');
  });

  it('carries codes and messages, never causes', async () => {
    const spec = await instance({ image: 'slipway/absent:1' });
    await expect(under(1, spec.deploymentId).instances.start(spec, signal)).rejects.toMatchObject({
      code: 'not_found',
      message: 'The image is not in the engine.',
    });
    fake.runtime.goAway();
    await expect(under(1).instances.stats(signal)).rejects.toMatchObject({ code: 'unavailable' });
    const observing = under(1).instances.observe(signal)[Symbol.asyncIterator]().next();
    await expect(observing).rejects.toMatchObject({ code: 'unavailable' });
    fake.runtime.comeBack();
  });

  it('refuses what the ports do not know', async () => {
    const spec = { ...(await instance()), privileged: true };
    await expect(under(1, spec.deploymentId).instances.start(spec, signal)).rejects.toMatchObject({
      code: 'bad_input',
    });
    expect(fake.runtime.specs().map((entry) => entry.id)).not.toContain(spec.id);
  });

  it('ends a stream with unavailable when the engine goes away in the middle of it', async () => {
    const stream = under(1).instances.observe(signal)[Symbol.asyncIterator]();
    await stream.next();
    const next = stream.next();
    fake.runtime.goAway();
    await expect(next).rejects.toMatchObject({ code: 'unavailable' });
    fake.runtime.comeBack();
  });

  it('can be opened by its own user only', async () => {
    expect(((await stat(agent.socketPath)).mode & 0o777).toString(8)).toBe('600');
  });
});

describe('the socket', () => {
  it('is taken over from an agent that is gone, and not from one that answers', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'slipway-agent-'));
    const socketPath = path.join(folder, 'agent.sock');
    await writeFile(socketPath, '');
    const options = {
      region: createFakeRegion().region,
      fences: createMemoryFences(),
      log: createLogger({}, () => undefined),
    };
    const server = await serveAgent(options, socketPath);
    await expect(serveAgent(options, socketPath)).rejects.toMatchObject({ code: 'conflict' });
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('ends open streams with unavailable when the agent stops', async () => {
    const agent = await startTestAgent(createFakeRegion().region);
    const remote = agent.remote({ scope: 'rel_1', number: 1 });
    const stream = remote.instances.observe(signal)[Symbol.asyncIterator]();
    await stream.next();
    const ended = expect(stream.next()).rejects.toMatchObject({ code: 'unavailable' });
    await agent.dispose();
    await ended;
    await expect(remote.instances.stats(signal)).rejects.toMatchObject({ code: 'unavailable' });
  });
});
