import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { exec } from '#server/exec.ts';
import { newId } from '#server/ids.ts';
import { createLogger } from '#server/log.ts';
import { createDockerRuntime } from '#server/runtime/docker/driver.ts';
import type { DockerRuntime } from '#server/runtime/docker/driver.ts';
import { Engine } from '#server/runtime/docker/engine.ts';
import { gatewayOf } from '#server/runtime/docker/spec.ts';
import { importTestImage } from '#server/runtime/docker/test-image.ts';
import type { TestImage } from '#server/runtime/docker/test-image.ts';
import { tableName } from '#server/runtime/firewall-rules.ts';
import { createFirewall } from '#server/runtime/firewall.ts';
import type { InstanceSpec, NetworkSpec } from '#server/runtime/types.ts';

const signal = AbortSignal.timeout(170_000);
const socketPath = process.env.SLIPWAY_DOCKER_SOCKET ?? '/var/run/docker.sock';
const tag = `t${randomBytes(2).toString('hex').slice(0, 3)}`;
const octet = 64 + (randomBytes(1)[0] ?? 0) / 2;

describe('firewall', () => {
  const engine = new Engine(socketPath);
  let stateDir: string;
  const host = createServer((_req, res) => res.end('host'));
  const open = createServer((_req, res) => res.end('open'));
  const logged: string[] = [];
  const made: string[] = [];
  let image: TestImage;
  let runtime: DockerRuntime;
  let own: NetworkSpec;
  let other: NetworkSpec;
  let neighbour: InstanceSpec;
  let firewall: ReturnType<typeof createFirewall>;

  const network = (index: number): NetworkSpec => ({
    deploymentId: newId('deployment'),
    bridge: `slw-${tag}-${index}`,
    subnet: `10.219.${Math.floor(octet)}.${index * 64}/26`,
  });
  const instance = async (on: NetworkSpec, last: number, command: string): Promise<InstanceSpec> => {
    const spec: InstanceSpec = {
      id: newId('instance'),
      deploymentId: on.deploymentId,
      componentId: newId('component'),
      releaseId: newId('release'),
      role: 'hook',
      image: image.reference,
      command,
      env: {},
      network: on,
      address: on.subnet.replace(/\.\d+\/26$/, `.${Number(/\.(\d+)\/26$/.exec(on.subnet)?.[1]) + last}`),
      aliases: [],
      cpuMillis: 1000,
      memoryMib: 64,
      stopGraceSeconds: 1,
    };
    made.push(spec.id);
    await runtime.instances.start(spec, signal);
    return spec;
  };
  const portOf = (server: ReturnType<typeof createServer>): number => (server.address() as AddressInfo).port;
  /** Which of the targets an instance reaches, by name. */
  const reached = async (targets: Record<string, readonly [string | undefined, number]>): Promise<string[]> => {
    const probes = Object.entries(targets).map(
      ([name, [address, port]]) => `busybox nc -w 3 ${address} ${port} </dev/null 2>/dev/null && echo ${name} &`,
    );
    const spec = await instance(own, 10, `${probes.join('\n')}\nwait`);
    const lines: string[] = [];
    for await (const line of runtime.sessions.logs(spec.id, { since: null, follow: true }, signal))
      lines.push(line.text);
    await runtime.instances.remove(spec.id, signal);
    return lines.toSorted();
  };

  beforeAll(async () => {
    stateDir = await mkdtemp(path.join(tmpdir(), 'slipway-firewall-'));
    image = await importTestImage(socketPath);
    runtime = await createDockerRuntime(engine, { installationId: newId('installation'), stateDir });
    for (const server of [host, open])
      await new Promise<void>((resolve) => {
        server.listen(0, '0.0.0.0', resolve);
      });
    [own, other] = [network(0), network(1)];
    for (const each of [own, other]) await runtime.instances.ensureNetwork(each, signal);
    neighbour = await instance(other, 3, 'exec busybox httpd -f -p 3000 -h /www');
    await instance(own, 4, 'exec busybox httpd -f -p 3000 -h /www');
    firewall = createFirewall({ tag, openPorts: [portOf(open)], log: createLogger({}, (line) => logged.push(line)) });
  });
  afterAll(async () => {
    await firewall.remove(signal);
    for (const id of made) await runtime.instances.remove(id, signal);
    for (const each of [own, other]) await runtime.instances.removeNetwork(each.deploymentId, signal);
    await image.remove();
    await engine.close();
    await rm(stateDir, { recursive: true, force: true });
    host.close();
    open.close();
  });

  const targets = (): Record<string, readonly [string | undefined, number]> => {
    const address = Object.values(networkInterfaces())
      .flat()
      .find((entry) => entry?.family === 'IPv4' && !entry.internal && !entry.address.startsWith('172.'))?.address;
    return {
      'host-by-gateway': [gatewayOf(own.subnet), portOf(host)],
      'host-by-address': [address, portOf(host)],
      'host-by-other-gateway': [gatewayOf(other.subnet), portOf(host)],
      'open-port': [gatewayOf(own.subnet), portOf(open)],
      'own-neighbour': [own.subnet.replace(/\.0\/26$/, '.4'), 3000],
      'other-deployment': [neighbour.address, 3000],
    };
  };

  it('leaves an instance the open port and its own deployment', async () => {
    // Without the rules the host's ports are open: the test can tell the difference.
    expect(await reached(targets())).toContain('host-by-gateway');
    await firewall.ensure(signal);
    expect(await reached(targets())).toEqual(['open-port', 'own-neighbour']);
  });

  it('refuses the metadata address and mail at once, and resolves names', async () => {
    await firewall.ensure(signal);
    const command = [
      'busybox nslookup registry.npmjs.org >/dev/null && echo name',
      'start=$(busybox date +%s)',
      'busybox nc -w 20 169.254.169.254 80 </dev/null || echo metadata',
      'busybox nc -w 20 198.51.100.1 25 </dev/null || echo mail',
      '[ $(($(busybox date +%s) - start)) -lt 10 ] && echo quickly',
    ].join('\n');
    const spec = await instance(own, 11, command);
    const lines: string[] = [];
    for await (const line of runtime.sessions.logs(spec.id, { since: null, follow: true }, signal))
      if (line.stream === 'stdout') lines.push(line.text);
    expect(lines).toEqual(['name', 'metadata', 'mail', 'quickly']);
  });

  it('comes back after it was removed, also while nothing else happens', async () => {
    await firewall.ensure(signal);
    const stop = new AbortController();
    const keeping = firewall.keep(stop.signal);
    await vi.waitFor(
      async () => {
        await exec('nft', ['delete', 'table', 'inet', tableName(tag)]);
        expect(logged.join('')).toContain('in force again');
      },
      { timeout: 10_000, interval: 300 },
    );
    await vi.waitFor(async () => {
      expect((await exec('nft', ['list', 'table', 'inet', tableName(tag)])).exitCode).toBe(0);
    });
    stop.abort();
    await keeping;
  });
});
