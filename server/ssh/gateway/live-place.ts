/** For live tests: a gateway over the real engine with one instance of a tiny image, which serves `hello` at 8080. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { newId } from '#server/ids.ts';
import { createDockerRuntime, type DockerRuntime } from '#server/runtime/docker/driver.ts';
import { Engine } from '#server/runtime/docker/engine.ts';
import { importTestImage } from '#server/runtime/docker/test-image.ts';
import { ensureHelpers } from '#server/runtime/helper/build.ts';
import type { InstanceSpec } from '#server/runtime/types.ts';
import { type GatewayBench, startGateway } from '#server/ssh/gateway/testing.ts';

const { signal } = new AbortController();

export interface LivePlace {
  bench: GatewayBench;
  runtime: DockerRuntime;
  spec: InstanceSpec;
  /** What is missing of the helper; empty where everything could be had. */
  problems: string[];
  dispose(): Promise<void>;
}

/** @param socket the engine's; its usual place when undefined. */
export async function openLivePlace(socket: string | undefined): Promise<LivePlace> {
  const socketPath = socket ?? '/var/run/docker.sock';
  const stateDir = await mkdtemp(path.join(tmpdir(), 'slipway-runtime-'));
  const image = await importTestImage(socketPath);
  const { problems } = await ensureHelpers(stateDir, path.resolve('server/runtime/helper/session.c'), signal);
  const engine = new Engine(socketPath);
  const runtime = await createDockerRuntime(engine, { installationId: newId('installation'), stateDir });
  const tag = randomBytes(2).toString('hex');
  const third = Number.parseInt(tag.slice(0, 2), 16);
  const network = { deploymentId: newId('deployment'), bridge: `slw-${tag}-g`, subnet: `10.219.${third}.0/26` };
  const spec: InstanceSpec = {
    id: newId('instance'), deploymentId: network.deploymentId, componentId: newId('component'), releaseId: newId('release'), role: 'serving',
    image: image.reference, command: 'echo hello > /www/port; exec busybox httpd -f -p "$PORT" -h /www', env: { PORT: '8080', GREETING: 'ahoy' }, network,
    address: `10.219.${third}.2`, aliases: [], cpuMillis: 2000, memoryMib: 512, stopGraceSeconds: 1,
  }; // prettier-ignore
  await runtime.instances.ensureNetwork(network, signal);
  await runtime.instances.start(spec, signal);
  const bench = await startGateway(runtime.shells);
  bench.desk.instances.set('web', spec.id);
  return {
    bench, runtime, spec, problems,
    async dispose() {
      await bench.dispose();
      await runtime.instances.remove(spec.id, signal);
      await runtime.instances.removeNetwork(spec.deploymentId, signal);
      await image.remove();
      await engine.close();
      await rm(stateDir, { recursive: true, force: true });
    },
  }; // prettier-ignore
}
