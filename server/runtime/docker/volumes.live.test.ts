/** An instance and its volume on the real engine, through what a machine does to them. */
import { execFileSync } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { newId } from '#server/ids.ts';
import { createLogger } from '#server/log.ts';
import { createDockerRuntime, type DockerRuntime } from '#server/runtime/docker/driver.ts';
import { Engine } from '#server/runtime/docker/engine.ts';
import { Containers } from '#server/runtime/docker/inspect.ts';
import { importTestImage, type TestImage } from '#server/runtime/docker/test-image.ts';
import type { InstanceSpec, NetworkSpec } from '#server/runtime/types.ts';
import { LocalVolumes, releaseVolumes } from '#server/volumes/local/driver.ts';
import { LocalDumps } from '#server/volumes/local/dumps.ts';
import { Places } from '#server/volumes/local/places.ts';

const socketPath = process.env.SLIPWAY_DOCKER_SOCKET ?? '/var/run/docker.sock';
const signal = AbortSignal.timeout(300_000);
const until = { timeout: 15_000, interval: 50 };
const installationId = newId('installation');
const deploymentId = newId('deployment');
const network: NetworkSpec = {
  deploymentId,
  bridge: `slw-${randomBytes(3).toString('hex')}`,
  subnet: `10.219.${randomInt(250)}.0/26`,
};
let stateDir: string;
let image: TestImage;
let engine: Engine;
let containers: Containers;
let places: Places;

/** What an agent makes of the machine when it starts. */
async function boot(): Promise<DockerRuntime & { volumes: LocalVolumes }> {
  const volumes = await LocalVolumes.open(stateDir, {
    holders: (id, inner) => containers.holders(id, inner),
    log: createLogger({}, () => undefined),
    signal,
  });
  return { ...(await createDockerRuntime(engine, { installationId, stateDir, volumes })), volumes };
}

beforeAll(async () => {
  stateDir = await mkdtemp(path.join(tmpdir(), 'slipway-volumes-'));
  image = await importTestImage(socketPath);
  engine = new Engine(socketPath);
  containers = new Containers(engine, installationId);
  places = new Places(stateDir);
  await (await boot()).instances.ensureNetwork(network, signal);
});
afterAll(async () => {
  const { instances } = await boot();
  for (const { instanceId } of await containers.list({}, false, signal)) await instances.remove(instanceId, signal);
  await instances.removeNetwork(deploymentId, signal);
  await image.remove();
  await engine.close();
  await releaseVolumes(stateDir, signal);
  await rm(stateDir, { recursive: true, force: true });
});

let addresses = 1;
function spec(volumeId: string, command: string): InstanceSpec {
  addresses += 1;
  return {
    id: newId('instance'), deploymentId, componentId: newId('component'), releaseId: newId('release'), role: 'serving',
    image: image.reference, command, env: { PORT: '3000' }, network, address: network.subnet.replace('.0/26', `.${addresses}`),
    aliases: [], cpuMillis: 500, memoryMib: 32, stopGraceSeconds: 1, volumes: [{ volumeId, path: '/data' }],
  }; // prettier-ignore
}
const writeAndStay = 'echo row >> /data/rows; exec busybox tail -f /dev/null';
const docker = (...args: string[]): string => execFileSync('/usr/bin/docker', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }); // prettier-ignore
const rows = (id: string): Promise<string> => readFile(path.join(places.of('live', id).data, 'rows'), 'utf8');

it('comes back on its own volume after a reboot: the engine is too early, and the agent starts it when it is mounted', async () => {
  const before = await boot();
  const id = newId('volume');
  await before.volumes.create({ id, sizeBytes: 32 * 1024 ** 2 }, signal);
  const one = spec(id, writeAndStay);
  await before.instances.start(one, signal);
  await before.instances.keepAlive(one.id, true, signal);
  await vi.waitFor(async () => expect(await rows(id)).toBe('row\n'), until);
  // As the power goes: the container ends, the mount is gone, the restart policy is on disk.
  docker('stop', '-t', '0', `slw-${one.id}`);
  await releaseVolumes(stateDir, signal);
  const place = places.of('live', id);
  execFileSync('chattr', ['+i', place.point]); // what `releaseVolumes` lifts is on disk and survives a reboot
  expect(() => docker('start', `slw-${one.id}`)).toThrow(/does not exist/);
  expect(existsSync(place.data)).toBe(false);

  const after = await boot();
  expect(await after.revive(signal)).toEqual([one.id]);
  await vi.waitFor(async () => expect(await rows(id)).toBe('row\nrow\n'), until);
  expect((await after.instances.inspect(one.id, signal)).phase).toBe('running');
  expect(await after.revive(signal)).toEqual([]);
  await after.instances.remove(one.id, signal);
});

it('belongs to one that is kept alive even when it has ended, because the engine would start it again', async () => {
  const { instances, volumes } = await boot();
  const id = newId('volume');
  await volumes.create({ id, sizeBytes: 16 * 1024 ** 2 }, signal);
  const [one, two] = [spec(id, writeAndStay), spec(id, writeAndStay)];
  await instances.start(one, signal);
  await instances.keepAlive(one.id, true, signal);
  docker('stop', '-t', '0', `slw-${one.id}`);
  await expect(instances.start(two, signal)).rejects.toMatchObject({ code: 'conflict', field: `volumes.${id}` });
  await instances.keepAlive(one.id, false, signal);
  await instances.start(two, signal);
  await expect(instances.keepAlive(one.id, true, signal)).rejects.toMatchObject({ code: 'conflict' });
  await instances.remove(one.id, signal);
  await instances.remove(two.id, signal);
});

it('is known to the next agent when the one before was killed: the engine says who has it', async () => {
  const killed = await boot();
  const id = newId('volume');
  await killed.volumes.create({ id, sizeBytes: 16 * 1024 ** 2 }, signal);
  const one = spec(id, writeAndStay);
  await killed.instances.start(one, signal);
  const next = await boot();
  await expect(next.instances.start(spec(id, writeAndStay), signal)).rejects.toMatchObject({ code: 'conflict' });
  await expect(next.volumes.trash(id, signal)).rejects.toMatchObject({ code: 'conflict' });
  await next.instances.start(one, signal);
  await next.instances.remove(one.id, signal);
  await next.volumes.trash(id, signal);
});

/** A program in the place of a database's: it dumps and restores one file, and refuses when it is told to. */
const pretend = `mkdir -p /usr/local/bin && cat > /usr/local/bin/database <<'EOF'
#!/bin/sh
case "$1" in
dump) [ ! -e /data/broken ] || { echo 'it is broken' >&2; exit 3; }; busybox cat /data/rows ;;
restore) busybox cat > /data/rows.new && busybox mv /data/rows.new /data/rows ;;
esac
EOF
busybox chmod +x /usr/local/bin/database; exec busybox tail -f /dev/null`.replaceAll(
  /\b(mkdir|cat) (-p|>)/g,
  'busybox $1 $2',
);

it('a dump of a running instance comes back whole, and a damaged one is not used', async () => {
  const { instances, volumes } = await boot();
  const dumps = new LocalDumps(stateDir, engine, containers);
  const id = newId('volume');
  await volumes.create({ id, sizeBytes: 64 * 1024 ** 2 }, signal);
  const one = spec(id, pretend);
  await instances.start(one, signal);
  const data = places.of('live', id).data;
  const text = randomBytes(3 * 1024 ** 2).toString('hex'); // many parts, and nothing that compresses away
  await writeFile(path.join(data, 'rows'), text);
  const program = `/usr/local/bin/database`;
  await vi.waitFor(() => docker('exec', `slw-${one.id}`, '/bin/busybox', 'test', '-x', program), until);

  const dump = newId('dataJob');
  const taken = await dumps.take(dump, one.id, signal);
  if (taken.kind !== 'taken') throw new Error(taken.message);
  const kept = await readFile(path.join(stateDir, 'dumps', dump));
  expect(taken.sizeBytes).toBe(kept.length);
  await writeFile(path.join(data, 'rows'), 'changed');
  expect(await dumps.play({ id: dump, checksum: taken.checksum }, one.id, signal)).toEqual({ kind: 'played' });
  expect((await rows(id)) === text).toBe(true);

  await writeFile(path.join(stateDir, 'dumps', dump), kept.subarray(1));
  await expect(dumps.play({ id: dump, checksum: taken.checksum }, one.id, signal)).rejects.toMatchObject({ code: 'not_found' }); // prettier-ignore
  expect((await rows(id)) === text).toBe(true);

  await writeFile(path.join(data, 'broken'), '');
  expect(await dumps.take(newId('dataJob'), one.id, signal)).toEqual({ kind: 'refused', message: 'it is broken' });
  expect(existsSync(path.join(stateDir, 'dumps', `${dump}.part`))).toBe(false);
  await instances.stop(one.id, 0, signal);
  await expect(dumps.take(dump, one.id, signal)).rejects.toMatchObject({ code: 'conflict' });
  await instances.remove(one.id, signal);
});
