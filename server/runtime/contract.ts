/**
 * What every runtime does, whatever is behind it: one suite run against the fake, the fake through the agent's socket, and
 * Docker. A harness names commands with the same effect in its world.
 */
import { describe, expect, it, vi } from 'vitest';
import { newId } from '#server/ids.ts';
import { Bench, refused, signal, until } from '#server/runtime/contract-bench.ts';
import type { RuntimeHarness } from '#server/runtime/contract-bench.ts';
import type { ConsoleLine, InstanceSpec, Observation } from '#server/runtime/types.ts';

const absentImage = 'slipway/00000000000000000000000000000000:1';

export function runtimeContract(name: string, makeHarness: () => Promise<RuntimeHarness>): void {
  describe(`runtime: ${name}`, () => {
    const bench = new Bench(makeHarness);
    bench.attach();
    describe('networks', () => networkTests(bench));
    describe('start', () => startTests(bench));
    describe('life', () => lifeTests(bench));
    describe('volumes', () => volumeTests(bench));
    describe('observe', () => observeTests(bench));
    describe('console', () => consoleTests(bench));
    describe('probes', () => probeTests(bench));
    describe('figures', () => figureTests(bench));
  });
}

function networkTests(bench: Bench): void {
  it('makes a network once and refuses to change it', async () => {
    const network = await bench.deployment();
    await bench.harness.instances.ensureNetwork(network, signal);
    await refused(
      bench.harness.instances.ensureNetwork({ ...network, subnet: bench.harness.network().subnet }, signal),
      'conflict',
    );
  });
  it('keeps a network that instances are attached to and forgets a free one twice', async () => {
    const network = await bench.deployment();
    const spec = await bench.start(bench.spec(network, bench.harness.commands.deaf));
    await refused(bench.harness.instances.removeNetwork(network.deploymentId, signal), 'conflict');
    await bench.harness.instances.remove(spec.id, signal);
    await bench.harness.instances.removeNetwork(network.deploymentId, signal);
    await bench.harness.instances.removeNetwork(network.deploymentId, signal);
  });
}

function startTests(bench: Bench): void {
  it('adopts an instance of the same spec and refuses another under its name', async () => {
    const spec = await bench.run('deaf');
    const before = await bench.harness.instances.inspect(spec.id, signal);
    await bench.harness.instances.start(spec, signal);
    expect(await bench.harness.instances.inspect(spec.id, signal)).toEqual(before);
    await refused(bench.harness.instances.start({ ...spec, env: { PORT: '3001' } }, signal), 'conflict');
  });
  it('does not run an exited instance again', async () => {
    const spec = await bench.run('crash');
    const first = await bench.exited(spec.id);
    await bench.harness.instances.start(spec, signal);
    expect(await bench.harness.instances.inspect(spec.id, signal)).toEqual(first);
  });
  it('says not_found for an image that is not there', async () => {
    const network = await bench.deployment();
    await refused(bench.start(bench.spec(network, bench.harness.commands.serve, { image: absentImage })), 'not_found');
  });
  it('says conflict without a network and for an address in use', async () => {
    const absent = { deploymentId: newId('deployment'), ...bench.harness.network() };
    await refused(bench.start(bench.spec(absent, bench.harness.commands.serve)), 'conflict');
    const network = await bench.deployment();
    await bench.start(bench.spec(network, bench.harness.commands.deaf));
    await refused(bench.start(bench.spec(network, bench.harness.commands.deaf)), 'conflict');
  });
}

function lifeTests(bench: Bench): void {
  it('tells the exit code of a crash and does not restart it', async () => {
    const spec = await bench.run('crash');
    expect(await bench.exited(spec.id)).toMatchObject({ exitCode: 7, outOfMemory: false, restarts: 0 });
  });
  it('runs again under its name and address once it was removed, and its lines go on after the earlier ones', async () => {
    const spec = await bench.run('crash');
    await bench.exited(spec.id);
    const read = async (since: string | null) => {
      const lines = [];
      for await (const line of bench.harness.sessions.logs(spec.id, { since, follow: true }, signal)) lines.push(line);
      return lines;
    };
    const first = await read(null);
    await bench.harness.instances.remove(spec.id, signal);
    await bench.harness.instances.start(spec, signal);
    expect(await bench.exited(spec.id)).toMatchObject({ exitCode: 7 });
    const again = await read(first.at(-1)?.at ?? null);
    expect(again.map((line) => line.text)).toEqual(first.map((line) => line.text));
  });
  it('tells that the kernel killed it for memory', async () => {
    const spec = await bench.run('memory');
    expect(await bench.exited(spec.id)).toMatchObject({ outOfMemory: true });
  });
  it('restarts an instance that is kept alive, until it is not', async () => {
    const spec = await bench.run('flaky');
    await bench.harness.instances.keepAlive(spec.id, true, signal);
    await vi.waitFor(async () => {
      const state = await bench.harness.instances.inspect(spec.id, signal);
      expect(state.restarts).toBeGreaterThan(0);
    }, until);
    await bench.harness.instances.keepAlive(spec.id, false, signal);
    expect(await bench.exited(spec.id)).toMatchObject({ exitCode: 3 });
  });
  it('knows no instance to keep alive once it is gone, and minds no other call for it', async () => {
    const id = newId('instance');
    await refused(bench.harness.instances.keepAlive(id, true, signal), 'not_found');
    await bench.harness.instances.keepAlive(id, false, signal);
    await bench.harness.instances.stop(id, 100, signal);
    await bench.harness.instances.remove(id, signal);
    expect((await bench.harness.instances.inspect(id, signal)).phase).toBe('missing');
  });
  it('kills an instance that ignores SIGTERM after its grace', async () => {
    const spec = await bench.run('deaf');
    await bench.harness.instances.stop(spec.id, 1000, signal);
    expect(await bench.harness.instances.inspect(spec.id, signal)).toMatchObject({ phase: 'exited', exitCode: 137 });
    await bench.harness.instances.stop(spec.id, 1000, signal);
  });
}

function volumeTests(bench: Bench): void {
  const beside = (spec: InstanceSpec): Partial<InstanceSpec> => ({
    address: spec.address.replace(/\d+$/, (last) => String(Number(last) + 1)),
    volumes: spec.volumes ?? [],
  });
  const atData = async () => [{ volumeId: await bench.volume(), path: '/data' }];

  it('have one instance at a time, and the next one when it has stopped', async () => {
    const first = await bench.run('serve', { volumes: await atData() });
    const next = bench.spec(first.network, bench.harness.commands.serve, beside(first));
    const field = `volumes.${first.volumes?.[0]?.volumeId ?? ''}`;
    await expect(bench.start(next)).rejects.toMatchObject({ code: 'conflict', field });
    expect((await bench.harness.instances.inspect(next.id, signal)).phase).toBe('missing');
    await bench.harness.instances.stop(first.id, 0, signal);
    await bench.start(next);
    expect((await bench.harness.instances.inspect(next.id, signal)).phase).toBe('running');
  });
  it('are given to one of two that start at the same moment', async () => {
    const network = await bench.deployment();
    const first = bench.spec(network, bench.harness.commands.serve, { volumes: await atData() });
    const second = bench.spec(network, bench.harness.commands.serve, beside(first));
    const results = await Promise.allSettled([bench.start(first), bench.start(second)]);
    expect(results.map((one) => one.status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const phases = await Promise.all([first, second].map((one) => bench.harness.instances.inspect(one.id, signal)));
    expect(phases.filter((one) => one.phase === 'running')).toHaveLength(1);
  });
  it('are not there: nothing starts', async () => {
    const volumeId = newId('volume');
    await expect(bench.run('serve', { volumes: [{ volumeId, path: '/data' }] })).rejects.toMatchObject({
      code: 'not_found',
      field: `volumes.${volumeId}`,
    });
  });
}

function observeTests(bench: Bench): void {
  it('gives one snapshot, then what changes, and returns when its signal fires', async () => {
    const network = await bench.deployment();
    const first = await bench.start(bench.spec(network, bench.harness.commands.deaf));
    const stop = new AbortController();
    const seen: Observation[] = [];
    const reading = (async () => {
      for await (const observation of bench.harness.instances.observe(AbortSignal.any([signal, stop.signal])))
        seen.push(observation);
    })();
    await vi.waitFor(() => expect(seen).toHaveLength(1), until);
    const snapshot = seen[0]?.kind === 'snapshot' ? seen[0].instances : [];
    expect(snapshot.find((entry) => entry.instanceId === first.id)?.state.phase).toBe('running');
    await bench.harness.instances.remove(first.id, signal);
    const second = await bench.start(bench.spec(network, bench.harness.commands.crash));
    const last = (instanceId: string) =>
      seen.findLast((entry) => entry.kind === 'changed' && entry.instanceId === instanceId);
    await vi.waitFor(() => {
      expect(last(first.id)).toMatchObject({ state: { phase: 'missing' } });
      expect(last(second.id)).toMatchObject({ state: { phase: 'exited', exitCode: 7 } });
    }, until);
    stop.abort();
    await reading;
  });
}

function consoleTests(bench: Bench): void {
  it('reads lines in order, from the tail, and after a line', async () => {
    const spec = await bench.run('crash');
    await bench.exited(spec.id);
    const lines = await bench.read(spec.id);
    expect(lines.map((line) => line.text)).toEqual(['one', 'two', 'three']);
    expect(lines.map((line) => line.at)).toEqual([...new Set(lines.map((line) => line.at))].toSorted());
    expect((await bench.read(spec.id, { tail: 1 })).map((line) => line.text)).toEqual(['three']);
    const after = await bench.read(spec.id, { since: lines[1]?.at ?? null });
    expect(after.map((line) => line.text)).toEqual(['three']);
    expect((await bench.read(spec.id, { follow: true })).map((line) => line.text)).toEqual(['one', 'two', 'three']);
  });
  it('follows a running instance until it is removed and tells the streams apart', async () => {
    const spec = await bench.serving();
    const seen: ConsoleLine[] = [];
    const reading = (async () => {
      for await (const line of bench.harness.sessions.logs(spec.id, { since: null, follow: true }, signal))
        seen.push(line);
    })();
    await vi.waitFor(() => {
      expect(seen.map(({ stream, text }) => ({ stream, text }))).toContainEqual({ stream: 'stdout', text: 'out' });
      expect(seen.map(({ stream, text }) => ({ stream, text }))).toContainEqual({ stream: 'stderr', text: 'err' });
    }, until);
    await bench.harness.instances.remove(spec.id, signal);
    await reading;
    await refused(bench.read(spec.id), 'not_found');
  });
}

function probeTests(bench: Bench): void {
  it('finds the port, that it accepts, and what it answers', async () => {
    const spec = await bench.serving();
    expect(await bench.harness.sessions.listening(spec.id, signal)).toEqual([{ port: 3000, loopbackOnly: false }]);
    expect(await bench.harness.sessions.httpStatus(spec.address, 3000, '/', 1000, signal)).toBe(200);
    expect(await bench.harness.sessions.accepts(spec.address, 3001, 500, signal)).toBe(false);
    expect(await bench.harness.sessions.httpStatus(spec.address, 3001, '/', 500, signal)).toBeNull();
  });
  it('knows a port that only the instance itself can reach', async () => {
    const spec = await bench.run('loopback');
    await vi.waitFor(
      async () =>
        expect(await bench.harness.sessions.listening(spec.id, signal)).toEqual([{ port: 3000, loopbackOnly: true }]),
      until,
    );
    expect(await bench.harness.sessions.accepts(spec.address, 3000, 500, signal)).toBe(false);
  });
}

function figureTests(bench: Bench): void {
  it('counts running instances only', async () => {
    const running = await bench.serving();
    const stats = await bench.harness.instances.stats(signal);
    const own = stats.find((entry) => entry.instanceId === running.id);
    expect(own).toMatchObject({ memoryLimitBytes: 32 * 1024 * 1024 });
    expect(own?.memoryBytes).toBeGreaterThan(0);
    expect(own?.processes).toBeGreaterThan(0);
    for (const name of ['receivedBytes', 'sentBytes', 'readBytes', 'writtenBytes'] as const)
      expect(own?.[name]).toBeGreaterThanOrEqual(0);
    await bench.harness.instances.stop(running.id, 100, signal);
    const ids = (await bench.harness.instances.stats(signal)).map((entry) => entry.instanceId);
    expect(ids).not.toContain(running.id);
  });
  it('knows the memory of the machine', async () => {
    const capacity = await bench.harness.capacity.capacity(signal);
    expect(capacity.memoryFreeMib).toBeGreaterThan(0);
    expect(capacity.memoryTotalMib).toBeGreaterThanOrEqual(capacity.memoryFreeMib);
    expect(capacity.cpuMillis).toBeGreaterThan(0);
  });
  it('finds artifacts by reference', async () => {
    const imageId = await bench.harness.artifacts.find(bench.harness.image, signal);
    expect(imageId).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(await bench.harness.artifacts.resolve(bench.harness.image, signal)).toMatchObject({ imageId });
    expect(await bench.harness.artifacts.find(absentImage, signal)).toBeNull();
    await bench.harness.artifacts.remove(absentImage, signal);
    const listed = await bench.harness.artifacts.list(signal);
    expect(listed).toContainEqual({ reference: bench.harness.image, own: false });
    expect(listed.map((image) => image.reference)).not.toContain(absentImage);
  });
  it('answers a call whose signal has fired with aborted', async () => {
    await refused(bench.harness.instances.inspect(newId('instance'), AbortSignal.abort()), 'aborted');
  });
}
