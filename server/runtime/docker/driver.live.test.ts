import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { newId } from '#server/ids.ts';
import { runtimeContract } from '#server/runtime/contract.ts';
import type { RuntimeHarness } from '#server/runtime/contract-bench.ts';
import { DockerArtifacts } from '#server/runtime/docker/artifacts.ts';
import { HostCapacity } from '#server/runtime/docker/capacity.ts';
import { createDockerRuntime } from '#server/runtime/docker/driver.ts';
import { Engine } from '#server/runtime/docker/engine.ts';
import { importTestImage } from '#server/runtime/docker/test-image.ts';

const socketPath = process.env.SLIPWAY_DOCKER_SOCKET ?? '/var/run/docker.sock';

export async function dockerHarness(): Promise<RuntimeHarness> {
  const image = await importTestImage(socketPath);
  const engine = new Engine(socketPath);
  const tag = randomBytes(2).toString('hex');
  const third = createHash('sha256').update(tag).digest()[0] ?? 0;
  let networks = 0;
  return {
    ...(await createDockerRuntime(engine, newId('installation'))),
    artifacts: new DockerArtifacts(engine),
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
    },
  };
}

runtimeContract('docker', dockerHarness);

describe('Engine', () => {
  it('says unavailable when nothing listens at the socket', async () => {
    const runtime = await createDockerRuntime(new Engine('/nonexistent/engine.sock'), newId('installation'));
    const { signal } = new AbortController();
    await expect(runtime.instances.inspect(newId('instance'), signal)).rejects.toMatchObject({ code: 'unavailable' });
  });
});
