import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { newId } from '#server/ids.ts';
import { createLogger } from '#server/log.ts';
import { runtimeContract } from '#server/runtime/contract.ts';
import { Bench, signal, until } from '#server/runtime/contract-bench.ts';
import type { RuntimeHarness } from '#server/runtime/contract-bench.ts';
import { DockerArtifacts } from '#server/runtime/docker/artifacts.ts';
import { HostCapacity } from '#server/runtime/docker/capacity.ts';
import { createDockerRuntime } from '#server/runtime/docker/driver.ts';
import { Engine } from '#server/runtime/docker/engine.ts';
import { Containers } from '#server/runtime/docker/inspect.ts';
import { importTestImage } from '#server/runtime/docker/test-image.ts';
import { LocalVolumes, releaseVolumes } from '#server/volumes/local/driver.ts';

const socketPath = process.env.SLIPWAY_DOCKER_SOCKET ?? '/var/run/docker.sock';

async function dockerHarness(): Promise<RuntimeHarness> {
  const stateDir = await mkdtemp(path.join(tmpdir(), 'slipway-runtime-'));
  const image = await importTestImage(socketPath);
  const engine = new Engine(socketPath);
  const installationId = newId('installation');
  const containers = new Containers(engine, installationId);
  const volumes = await LocalVolumes.open(stateDir, {
    holders: (id, inner) => containers.holders(id, inner),
    log: createLogger({}, () => undefined),
    signal,
  });
  const tag = randomBytes(2).toString('hex');
  const third = createHash('sha256').update(tag).digest()[0] ?? 0;
  let networks = 0;
  return {
    ...(await createDockerRuntime(engine, { installationId, stateDir, volumes })),
    volumes,
    artifacts: new DockerArtifacts(engine, installationId),
    capacity: new HostCapacity(),
    image: image.reference,
    network: () => {
      networks += 1;
      return {
        bridge: `slw-${tag}-${networks.toString(36)}`,
        subnet: `10.214.${third}.${(networks % 4) * 64}/26`.replace('10.214', `10.${214 + Math.floor(networks / 4)}`),
      };
    },
    commands: {
      serve: 'echo out; echo err >&2; exec busybox httpd -f -p "$PORT" -h /www',
      loopback: 'exec busybox httpd -f -p 127.0.0.1:"$PORT" -h /www',
      crash: 'echo one; echo two; echo three; exit 7',
      flaky: 'busybox sleep 0.5; exit 3',
      memory: 'exec busybox tail /dev/zero',
      deaf: 'trap "" TERM; busybox sleep 1000 & wait; busybox sleep 1000',
    },
    async dispose() {
      await image.remove();
      await engine.close();
      await releaseVolumes(stateDir, signal);
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

runtimeContract('docker', dockerHarness);

describe('Engine', () => {
  it('says unavailable when nothing listens at the socket', async () => {
    const runtime = await createDockerRuntime(new Engine('/nonexistent/engine.sock'), {
      installationId: newId('installation'),
      stateDir: '/nonexistent',
    });
    const { signal } = new AbortController();
    await expect(runtime.instances.inspect(newId('instance'), signal)).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('names inside a deployment', () => {
  const bench = new Bench(dockerHarness);
  bench.attach();

  it('resolve to live instances only, in instances that run already too', async () => {
    const network = await bench.deployment();
    const { instances } = bench.harness;
    const at = (last: number): string =>
      network.subnet.replace(/\d+\/26$/, String(Number(/\.(\d+)\//.exec(network.subnet)?.[1]) + last));
    const watch =
      'while :; do echo $(busybox awk "\\$2 == \\"api\\" {print \\$1}" /etc/hosts); busybox sleep 0.1; done';
    const watcher = await bench.start(bench.spec(network, watch, { address: at(2), aliases: ['web'] }));
    const serve = bench.harness.commands.serve;
    const one = await bench.start(bench.spec(network, serve, { address: at(3), aliases: ['api'] }));
    const two = await bench.start(bench.spec(network, serve, { address: at(4), aliases: ['api'] }));
    const seen = async (): Promise<string> => {
      const lines: string[] = [];
      for await (const line of bench.harness.sessions.logs(watcher.id, { since: null, follow: false, tail: 1 }, signal))
        lines.push(line.text);
      return (lines[0] ?? '').split(' ').toSorted().join(' ');
    };
    const sees = (...addresses: string[]): Promise<void> =>
      vi.waitFor(async () => expect(await seen()).toBe(addresses.join(' ')), until);
    await sees('');
    await instances.keepAlive(one.id, true, signal);
    await sees(one.address);
    await instances.keepAlive(two.id, true, signal);
    await sees(one.address, two.address);
    await instances.keepAlive(one.id, false, signal);
    await sees(two.address);
    await instances.remove(two.id, signal);
    await sees('');
  });
});
