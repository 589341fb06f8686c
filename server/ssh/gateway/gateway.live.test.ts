import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '#server/ids.ts';
import { createDockerRuntime, type DockerRuntime } from '#server/runtime/docker/driver.ts';
import { Engine } from '#server/runtime/docker/engine.ts';
import { ensureHelpers } from '#server/runtime/helper/build.ts';
import { importTestImage, type TestImage } from '#server/runtime/docker/test-image.ts';
import type { InstanceSpec } from '#server/runtime/types.ts';
import { type GatewayBench, startGateway } from '#server/ssh/gateway/testing.ts';

const socketPath = process.env.SLIPWAY_DOCKER_SOCKET ?? '/var/run/docker.sock';
const { signal } = new AbortController();
let engine: Engine;
let runtime: DockerRuntime;
let image: TestImage;
let stateDir: string;
let spec: InstanceSpec;
let bench: GatewayBench;

beforeAll(async () => {
  stateDir = await mkdtemp(path.join(tmpdir(), 'slipway-runtime-'));
  image = await importTestImage(socketPath);
  const { problems } = await ensureHelpers(stateDir, path.resolve('server/runtime/helper/session.c'), signal);
  expect(problems).toEqual([]);
  engine = new Engine(socketPath);
  runtime = await createDockerRuntime(engine, { installationId: newId('installation'), stateDir });
  const tag = randomBytes(2).toString('hex');
  const third = Number.parseInt(tag.slice(0, 2), 16);
  const network = { deploymentId: newId('deployment'), bridge: `slw-${tag}-g`, subnet: `10.219.${third}.0/26` };
  spec = {
    id: newId('instance'), deploymentId: network.deploymentId, componentId: newId('component'), releaseId: newId('release'), role: 'serving',
    image: image.reference, command: 'echo hello > /www/port; exec busybox httpd -f -p "$PORT" -h /www', env: { PORT: '8080', GREETING: 'ahoy' }, network,
    address: `10.219.${third}.2`, aliases: [], cpuMillis: 1000, memoryMib: 128, stopGraceSeconds: 1,
  }; // prettier-ignore
  await runtime.instances.ensureNetwork(network, signal);
  await runtime.instances.start(spec, signal);
  bench = await startGateway(runtime.shells);
  bench.desk.instances.set('web', spec.id);
}, 60_000);
afterAll(async () => {
  await bench.dispose();
  await runtime.instances.remove(spec.id, signal);
  await runtime.instances.removeNetwork(spec.deploymentId, signal);
  await image.remove();
  await engine.close();
  await rm(stateDir, { recursive: true, force: true });
});

const at = 'web@127.0.0.1';
const sha = (data: Uint8Array | string): string => createHash('sha256').update(data).digest('hex');

describe('a command', () => {
  test.each([0, 1, 7, 126, 255])('ends with its exact code: %d', async (code) => {
    expect((await bench.ssh([at, `exit ${code}`])).exitCode).toBe(code);
  });

  test('runs inside of the instance, with its environment, its streams apart', async () => {
    const { stdout, stderr } = await bench.ssh([at, 'echo "$GREETING"; echo oh >&2; cat /www/port']);
    expect([stdout, stderr]).toEqual(['ahoy\nhello\n', 'oh\n']);
  });

  test('gets its input, and the end of it', async () => {
    const { stdout } = await bench.ssh([at, 'busybox wc -c'], { input: 'x'.repeat(100_000) });
    expect(stdout.trim()).toBe('100000');
  });

  test('gets binary input and gives binary output unchanged', async () => {
    const input = randomBytes(3_000_000);
    const { stdout } = await bench.ssh([at, 'busybox sha256sum'], { input });
    expect(stdout.split(' ')[0]).toBe(sha(input));
  });

  test('bursts 10 MB without losing a byte', async () => {
    const { stdout } = await bench.ssh([
      at,
      'busybox head -c 3000000 /dev/zero | busybox tr "\\0" x; echo; echo end >&2',
    ]);
    expect([stdout.length, sha(stdout)]).toEqual([3_000_001, sha(`${'x'.repeat(3_000_000)}\n`)]);
  });
});

describe('a terminal', () => {
  test('has the client’s kind and keys, ends with the shell’s code, and shows that changes are lost', async () => {
    const input = 'echo "<$TERM>"; exit 3\n';
    const { stdout, stderr, exitCode } = await bench.ssh(['-tt', at], { input, env: { TERM: 'screen-256color' } });
    expect(`${stdout}${stderr}`).toContain('Changes are lost.');
    expect(stdout).toContain('<screen-256color>');
    expect(exitCode).toBe(3);
  });
});
