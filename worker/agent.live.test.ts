/** The real agent process with a real engine, edge and firewall: what goes on when it is gone, and what it knows afterwards. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { connectAgent } from '#server/agent/client.ts';
import { loadConfig } from '#server/config.ts';
import { createHaproxyEdge } from '#server/edge/haproxy/driver.ts';
import { newId } from '#server/ids.ts';
import { createLogger } from '#server/log.ts';
import { importTestImage, type TestImage } from '#server/runtime/docker/test-image.ts';
import { createFirewall } from '#server/runtime/firewall.ts';
import type { InstanceSpec, NetworkSpec } from '#server/runtime/types.ts';
import { freePort } from '#tools/free-port.ts';
import { request } from 'undici';

const signal = AbortSignal.timeout(110_000);
const socketPath = process.env['SLIPWAY_DOCKER_SOCKET'] ?? '/var/run/docker.sock';
const tag = `u${randomBytes(2).toString('hex').slice(0, 3)}`;
const third = randomBytes(1)[0] ?? 0;
const network: NetworkSpec = {
  deploymentId: newId('deployment'),
  bridge: `slw-${tag}-1`,
  subnet: `10.220.${third}.0/26`,
};
let stateDir: string;
let environment: NodeJS.ProcessEnv;
let image: TestImage;
let spec: InstanceSpec;
const children: ChildProcess[] = [];

const under = (number: number) => connectAgent(path.join(stateDir, 'run', 'agent.sock'))({ scope: 'rel_1', number });

beforeAll(async () => {
  stateDir = await mkdtemp(path.join(tmpdir(), 'slipway-agent-'));
  await mkdir(path.join(stateDir, 'secrets'));
  await writeFile(path.join(stateDir, 'secrets', 'master'), randomBytes(32).toString('base64url'));
  await writeFile(path.join(stateDir, 'installation'), JSON.stringify({ id: newId('installation'), tag }));
  const [http, https] = [await freePort(), await freePort()];
  environment = {
    PATH: process.env['PATH'] ?? '', NODE_ENV: 'test', SLIPWAY_STATE: stateDir, DATABASE_URL: 'postgres://x@127.0.0.1:1/x',
    SLIPWAY_PUBLIC_URL: `http://slipway.localhost:${http}`, SLIPWAY_APPS_DOMAIN: 'apps.localhost',
    SLIPWAY_HTTP_PORT: String(http), SLIPWAY_HTTPS_PORT: String(https), SLIPWAY_DOCKER_SOCKET: socketPath,
  }; // prettier-ignore
  image = await importTestImage(socketPath);
  spec = {
    id: newId('instance'), deploymentId: network.deploymentId, componentId: newId('component'), releaseId: newId('release'),
    role: 'serving', image: image.reference, command: 'exec busybox httpd -f -p "$PORT" -h /www', env: { PORT: '3000' }, network,
    address: `10.220.${third}.2`, aliases: ['web'], cpuMillis: 500, memoryMib: 32, stopGraceSeconds: 5,
  }; // prettier-ignore
});
afterAll(async () => {
  await startAgent();
  const { instances } = under(99);
  await instances.remove(spec.id, signal);
  await instances.removeNetwork(network.deploymentId, signal);
  for (const child of children) child.kill('SIGKILL');
  await createHaproxyEdge(loadConfig(environment)).stop();
  await createFirewall({ tag, openPorts: [], log: createLogger({}, () => undefined) }).remove(signal);
  await image.remove();
  await rm(stateDir, { recursive: true, force: true });
});

async function startAgent(): Promise<ChildProcess> {
  const child: ChildProcess = spawn(process.execPath, [path.resolve('worker/agent.ts')], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.once('exit', (code) => reject(new Error(`The agent ended with ${String(code)}`)));
  if (!child.stdout) throw new Error('No output');
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.includes('"message":"ready"')) resolve();
  });
  await promise;
  return child;
}
const answer = async (): Promise<number> => {
  const { statusCode, body } = await request(`http://127.0.0.1:${environment['SLIPWAY_HTTP_PORT'] ?? ''}/`, {
    headers: { host: 'web.apps.localhost' },
  });
  await body.dump();
  return statusCode;
};

test('an application goes on while the agent is killed, and the next agent knows instances, routes and fences', async () => {
  const first = await startAgent();
  const region = under(2);
  await region.instances.ensureNetwork(network, signal);
  await region.instances.start(spec, signal);
  await vi.waitFor(async () => expect(await region.sessions.accepts(spec.address, 3000, 500, signal)).toBe(true));
  await region.instances.keepAlive(spec.id, true, signal);
  const settings = { responseTimeoutMs: 5000, tunnelTimeoutMs: 5000, maxConnections: 10, queueLimit: 0 };
  const servers = [{ name: spec.id, address: spec.address, port: 3000 }];
  const targets = [{ key: spec.componentId, servers, settings, routes: [{ host: 'web.apps.localhost', path: '/' }] }];
  const publication = {
    deploymentId: network.deploymentId,
    releaseId: spec.releaseId,
    generation: 1,
    targets,
    notices: [],
  };
  await region.edge.publish(publication, signal);
  expect(await answer()).toBe(200);

  const observing = region.instances.observe(signal)[Symbol.asyncIterator]();
  await observing.next();
  const broken = expect(observing.next()).rejects.toMatchObject({ code: 'unavailable' });
  first.kill('SIGKILL');
  await broken;
  await expect(region.instances.stats(signal)).rejects.toMatchObject({ code: 'unavailable' });
  expect(await answer()).toBe(200);

  await startAgent();
  expect((await region.instances.inspect(spec.id, signal)).phase).toBe('running');
  expect(await region.edge.confirmed(network.deploymentId, signal)).toBe(1);
  await expect(under(1).instances.remove(spec.id, signal)).rejects.toMatchObject({ code: 'fenced' });
  expect(await answer()).toBe(200);
});

test('a stop ends open streams and the process within two seconds, and leaves no socket', async () => {
  const agent = children.at(-1);
  const observing = under(2).instances.observe(signal)[Symbol.asyncIterator]();
  await observing.next();
  const broken = expect(observing.next()).rejects.toMatchObject({ code: 'unavailable' });
  const ended = once(agent ?? process, 'exit');
  const began = performance.now();
  agent?.kill('SIGTERM');
  await broken;
  expect(await ended).toEqual([0, null]);
  expect(performance.now() - began).toBeLessThan(2000);
  expect(await readdir(path.join(stateDir, 'run'))).not.toContain('agent.sock');
});
