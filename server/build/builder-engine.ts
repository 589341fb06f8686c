/**
 * The builder: a Docker engine of our own in its own network namespace, control group and filesystem, because builds of
 * tenants must not share those with the applications. It outlives Slipway's processes and is adopted when it runs.
 */
import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import * as z from 'zod';
import { findCgroups, type Cgroups } from '#server/build/cgroup.ts';
import { ensureDisk, unmountBelow } from '#server/build/builder-disk.ts';
import {
  buildBridge,
  ensureNetwork,
  hasHostRules,
  removeNetwork,
  type BuilderNetwork,
} from '#server/build/builder-network.ts';
import {
  builderPaths, readBuilderStatus, readInstallation,
  type BuilderConfig, type BuilderPaths, type BuilderStatus,
} from '#server/build/builder-paths.ts'; // prettier-ignore
import { runcWrapper } from '#server/build/builder-runc.ts';
import { systemClock } from '#server/clock.ts';
import { AppError } from '#server/errors.ts';
import { exec, startDetached } from '#server/exec.ts';
import { Engine } from '#server/runtime/docker/engine.ts';

const mib = 1024 ** 2;
const startDeadlineMs = 30_000;
/** What the engine itself may take beside the builds: it exports layers, which costs memory and CPU too. */
const engineMemoryMib = 1024;

/** One caller at a time on this machine: an abstract socket goes away with its holder, so a crash leaves no lock. */
async function exclusively<T>(paths: BuilderPaths, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const server = createServer();
  const listen = (): Promise<boolean> =>
    new Promise((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(`\0slipway-builder-${paths.tag}`, () => resolve(true));
    });
  while (!(await listen())) {
    server.removeAllListeners();
    await systemClock.sleep(100, signal);
  }
  try {
    return await work();
  } finally {
    server.close();
  }
}

const versionSchema = z.object({ Version: z.string() });

/** The engine's version, or null when it does not answer. */
async function engineVersion(paths: BuilderPaths, signal: AbortSignal): Promise<string | null> {
  const engine = new Engine(paths.socket);
  try {
    const answer = await engine.json(versionSchema, { method: 'GET', path: '/version', timeoutMs: 3000, signal });
    return answer?.Version ?? null;
  } catch {
    if (signal.aborted) throw new AppError('aborted', 'Cancelled.', { cause: signal.reason });
    return null;
  } finally {
    await engine.close();
  }
}

/** The pid of the engine, when the process of the pid file is one with our settings. */
async function enginePid(paths: BuilderPaths): Promise<number | null> {
  const pid = Number((await readFile(path.join(paths.run, 'docker.pid'), 'utf8').catch(() => '')).trim());
  if (!Number.isInteger(pid) || pid < 2) return null;
  const command = await readFile(`/proc/${String(pid)}/cmdline`, 'utf8').catch(() => '');
  return command.includes(paths.settings) ? pid : null;
}

function daemonSettings(paths: BuilderPaths, network: BuilderNetwork, diskBytes: number | null): string {
  const cacheBytes = Math.round((diskBytes ?? 20 * 1024 ** 3) / 2);
  return JSON.stringify({
    'data-root': paths.data,
    'exec-root': paths.run,
    pidfile: path.join(paths.run, 'docker.pid'),
    hosts: [`unix://${paths.socket}`],
    bip: buildBridge,
    'exec-opts': ['native.cgroupdriver=cgroupfs'],
    'storage-driver': 'overlay2',
    'log-level': 'warn',
    ipv6: false,
    'userland-proxy': false,
    ...(network.nameservers.length > 0 ? { dns: network.nameservers } : {}),
    builder: { gc: { enabled: true, defaultKeepStorage: `${String(Math.round(cacheBytes / mib))}MB` } },
  });
}

/** Ends what a killed engine left: step processes, control groups, mounts, its containerd and its pid file. */
async function clearRemains(paths: BuilderPaths, cgroups: Cgroups | null, signal: AbortSignal): Promise<void> {
  const helper = Number(await readFile(path.join(paths.run, 'containerd/containerd.pid'), 'utf8').catch(() => ''));
  if (helper > 1) {
    const command = await readFile(`/proc/${String(helper)}/cmdline`, 'utf8').catch(() => '');
    if (command.includes(paths.run)) process.kill(helper, 'SIGKILL');
  }
  await cgroups?.destroy(paths.cgroup);
  await unmountBelow(path.join(paths.run, 'netns'), signal);
  await unmountBelow(paths.data, signal);
  await rm(paths.run, { recursive: true, force: true });
}

async function stopEngine(paths: BuilderPaths, cgroups: Cgroups | null, signal: AbortSignal): Promise<void> {
  const pid = await enginePid(paths);
  if (pid !== null) {
    process.kill(pid, 'SIGTERM');
    const deadline = Date.now() + 15_000;
    while ((await enginePid(paths)) !== null && Date.now() < deadline) await systemClock.sleep(50, signal);
    if ((await enginePid(paths)) !== null) process.kill(pid, 'SIGKILL');
  }
  await clearRemains(paths, cgroups, signal);
}

async function limitGroups(paths: BuilderPaths, config: BuilderConfig, cgroups: Cgroups): Promise<void> {
  const builds = config.SLIPWAY_BUILD_MEMORY_MIB;
  await cgroups.ensure(paths.cgroup, { memoryBytes: (builds + engineMemoryMib) * mib, cpuShares: 256 });
  await cgroups.ensure(`${paths.cgroup}/daemon`, { cpuShares: 1024 });
  await cgroups.ensure(`${paths.cgroup}/builds`, { memoryBytes: builds * mib, processes: 16_384 });
}

/** Installs our runc; changes nothing when it is there already, because steps may be starting through it now. */
async function installRunc(paths: BuilderPaths, cgroups: Cgroups | null): Promise<void> {
  const found = await Promise.all(
    ['/usr/bin/runc', '/usr/sbin/runc', '/usr/local/bin/runc', '/usr/local/sbin/runc'].map(async (file) =>
      (await readFile(file).catch(() => null)) ? file : null,
    ),
  );
  const real = found.find((file) => file !== null);
  if (!real) throw new AppError('unavailable', 'runc is not installed.');
  const groups = path.join('/sys/fs/cgroup', cgroups?.version === 1 ? 'pids' : '', paths.cgroup, 'builds');
  const script = runcWrapper(real, groups, cgroups ? `${paths.cgroup}/builds` : null);
  const file = path.join(paths.bin, 'runc');
  if ((await readFile(file, 'utf8').catch(() => '')) === script) return;
  await mkdir(paths.bin, { recursive: true, mode: 0o755 });
  await writeFile(file, script);
  await chmod(file, 0o755);
}

const engineEnvironment = (paths: BuilderPaths): Record<string, string> => ({
  PATH: `${paths.bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
  // Otherwise the log of a step is cut at 200 KiB/s; -1 does not lift both limits in every version.
  BUILDKIT_STEP_LOG_MAX_SIZE: '2147483647',
  BUILDKIT_STEP_LOG_MAX_SPEED: '1073741824',
  DOCKER_BUILDKIT_RUNC_COMMAND: path.join(paths.bin, 'runc'),
});

async function startEngine(paths: BuilderPaths, cgroups: Cgroups | null, signal: AbortSignal): Promise<string> {
  await mkdir(paths.run, { recursive: true, mode: 0o700 });
  const pid = await startDetached('nsenter', [`--net=/run/netns/${paths.namespace}`, '--', 'dockerd', '--config-file', paths.settings], {
    logFile: paths.log,
    env: engineEnvironment(paths),
  }); // prettier-ignore
  await cgroups?.add(`${paths.cgroup}/daemon`, pid);
  const deadline = Date.now() + startDeadlineMs;
  let version = await engineVersion(paths, signal);
  while (version === null) {
    const running = await readFile(`/proc/${String(pid)}/cmdline`, 'utf8').catch(() => '');
    if (running === '' || Date.now() > deadline) throw await startFailure(paths);
    await systemClock.sleep(50, signal);
    version = await engineVersion(paths, signal);
  }
  const helper = Number(await readFile(path.join(paths.run, 'containerd/containerd.pid'), 'utf8').catch(() => ''));
  if (cgroups && helper > 1) await cgroups.add(`${paths.cgroup}/daemon`, helper);
  await chmod(paths.socket, 0o600);
  return version;
}

async function startFailure(paths: BuilderPaths): Promise<AppError> {
  const log = (await readFile(paths.log, 'utf8').catch(() => '')).trim().split('\n').slice(-5).join('\n');
  return new AppError('unavailable', 'The build engine did not start.', { cause: new Error(log) });
}

async function ensureSeparate(
  config: BuilderConfig,
  paths: BuilderPaths,
  network: BuilderNetwork,
  signal: AbortSignal,
): Promise<BuilderStatus> {
  const cgroups = await findCgroups();
  const degraded: string[] = [];
  if (cgroups) await limitGroups(paths, config, cgroups);
  else degraded.push('Builds have no memory, process or CPU limits: control groups cannot be written here.');
  await installRunc(paths, cgroups);
  const before = await readBuilderStatus(paths).catch(() => null);
  const present = await enginePid(paths);
  let settings = daemonSettings(paths, network, before?.diskBytes ?? null);
  const fingerprint = (text: string): string =>
    createHash('sha256')
      .update(JSON.stringify([text, engineEnvironment(paths)]))
      .digest('hex');
  const isSame = before?.fingerprint === fingerprint(settings);
  if (before && isSame && present !== null && (await engineVersion(paths, signal)) !== null) return before; // prettier-ignore
  await stopEngine(paths, cgroups, signal);
  if (cgroups) await limitGroups(paths, config, cgroups);
  const disk = await ensureDisk(paths, config.SLIPWAY_BUILD_DISK_GIB, signal);
  if (disk.degraded) degraded.push(disk.degraded);
  if (network.nameservers.length === 0)
    degraded.push('Builds resolve no names: every nameserver of this machine is on its loopback address.');
  settings = daemonSettings(paths, network, disk.bytes);
  await writeFile(paths.settings, settings, { mode: 0o600 });
  const version = await startEngine(paths, cgroups, signal);
  return {
    socket: paths.socket,
    separate: true,
    version,
    degraded,
    diskBytes: disk.bytes,
    limits: cgroups !== null,
    fingerprint: fingerprint(settings),
  };
}

/** The network of a builder of its own, or why it cannot be had here. */
async function possibleNetwork(paths: BuilderPaths, signal: AbortSignal): Promise<BuilderNetwork | { reason: string }> {
  if (process.getuid?.() !== 0) return { reason: 'Slipway does not run as root' };
  for (const program of ['dockerd', 'nsenter', 'nft', 'iptables', 'mkfs.ext4'])
    if ((await exec('which', [program], { signal })).exitCode !== 0) return { reason: `${program} is not installed` };
  try {
    return await ensureNetwork(paths, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : '';
    return { reason: `a network namespace cannot be made (${cause.split('\n').at(-1) ?? ''})` };
  }
}

/** True while the engine answers and nobody took its network rules away; some 20 ms. */
export async function isWhole(paths: BuilderPaths, status: BuilderStatus, signal: AbortSignal): Promise<boolean> {
  if (!status.separate) return true;
  const [version, isClosed] = await Promise.all([engineVersion(paths, signal), hasHostRules(paths, signal)]);
  return version !== null && isClosed;
}

/**
 * Starts the builder, or adopts the one that runs; about a second. Where a separate engine is not possible builds fall
 * back to the engine that runs applications, and `degraded` says why and what that means.
 * @throws AppError unavailable when the engine is installed and possible but does not start.
 */
export async function ensureBuilder(config: BuilderConfig, signal: AbortSignal): Promise<BuilderStatus> {
  const { tag } = await readInstallation(config.stateDir);
  const paths = builderPaths(config.stateDir, tag);
  await mkdir(paths.home, { recursive: true, mode: 0o711 });
  return exclusively(paths, signal, async () => {
    const network = await possibleNetwork(paths, signal);
    const before = await readBuilderStatus(paths).catch(() => null);
    if ('reason' in network && before?.separate)
      throw new AppError('unavailable', `The builder cannot be started: ${network.reason}.`); // never fall back silently
    const status: BuilderStatus =
      'nameservers' in network
        ? await ensureSeparate(config, paths, network, signal)
        : {
            socket: config.SLIPWAY_DOCKER_SOCKET, separate: false, version: '', diskBytes: null, limits: false, fingerprint: '',
            degraded: [`Builds run in the engine of the applications, because ${network.reason}: they are not limited and reach private addresses. For trusted tenants only.`],
          }; // prettier-ignore
    await writeFile(paths.status, JSON.stringify(status), { mode: 0o600 });
    return status;
  });
}

/** Stops the builder with everything that belongs to it, except its disk. Safe to repeat. */
export async function stopBuilder(config: BuilderConfig): Promise<void> {
  const { tag } = await readInstallation(config.stateDir);
  const paths = builderPaths(config.stateDir, tag);
  const signal = AbortSignal.timeout(60_000);
  await exclusively(paths, signal, async () => {
    await stopEngine(paths, await findCgroups(), signal);
    await removeNetwork(paths, signal);
    await rm(paths.status, { force: true });
  });
}
