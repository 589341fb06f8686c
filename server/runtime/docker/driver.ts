/** InstanceDriver and SessionDriver on a Docker Engine of this machine. */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { containerName } from '#server/domain/naming.ts';
import { AppError, notFound } from '#server/errors.ts';
import type { Engine, EngineRequest } from '#server/runtime/docker/engine.ts';
import { HostNames } from '#server/runtime/docker/hosts.ts';
import { containerPath, Containers, isUp } from '#server/runtime/docker/inspect.ts';
import { label } from '#server/runtime/docker/labels.ts';
import { Logs } from '#server/runtime/docker/logs.ts';
import { Networks } from '#server/runtime/docker/networks.ts';
import { Observer } from '#server/runtime/docker/observe.ts';
import { accepts, httpStatus, listeningPorts } from '#server/runtime/docker/probe.ts';
import { DockerShells } from '#server/runtime/docker/shells.ts';
import { containerBody, specDigest } from '#server/runtime/docker/spec.ts';
import type { Host } from '#server/runtime/docker/spec.ts';
import type { ShellDriver } from '#server/runtime/shell-types.ts';
import { readCounters } from '#server/runtime/docker/stats.ts';
import { helperFolder } from '#server/runtime/helper/build.ts';
import type {
  InstanceDriver,
  InstanceSpec,
  InstanceStats,
  ListeningPort,
  NetworkSpec,
  SessionDriver,
} from '#server/runtime/types.ts';
import { missing } from '#server/volumes/types.ts';
import type { VolumeClaims } from '#server/volumes/types.ts';

export interface DockerRuntime {
  instances: InstanceDriver;
  sessions: SessionDriver;
  /** Starts live instances with volumes that the engine could not start itself, because their volumes were not mounted yet. */
  revive(signal: AbortSignal): Promise<string[]>;
  shells: ShellDriver;
}

const openFiles = 65_536;

export interface DockerRuntimeOptions {
  /** Only objects with this label are seen or touched. */
  installationId: string;
  /** Absolute path of the state folder; `hosts` in it is the driver's. */
  stateDir: string;
  /** Needed by specs with volumes only. */
  volumes?: VolumeClaims;
}

export async function createDockerRuntime(
  engine: Engine,
  { installationId, stateDir, volumes = noVolumes }: DockerRuntimeOptions,
): Promise<DockerRuntime> {
  const containers = new Containers(engine, installationId);
  // Where root lacks CAP_SYS_RESOURCE the engine cannot go above the machine's own limit, which is ours too.
  const host = {
    installationId,
    openFiles: Math.min(openFiles, await hardOpenFiles()),
    helpers: await helpersIn(stateDir),
  };
  const names = new HostNames(path.join(stateDir, 'hosts'), containers);
  const instances = new DockerInstances(engine, containers, names, host, volumes);
  return {
    instances,
    revive: (signal) => instances.revive(signal),
    sessions: dockerSessions(engine, containers),
    shells: new DockerShells(engine, containers),
  };
}

const noVolumes: VolumeClaims = {
  claim: ([id], _instanceId, _signal, start) => (id === undefined ? start(new Map()) : Promise.reject(missing(id))),
};

class DockerInstances implements InstanceDriver {
  readonly #engine: Engine;
  readonly #containers: Containers;
  readonly #names: HostNames;
  readonly #networks: Networks;
  readonly #observer: Observer;
  readonly #host: Host;
  readonly #volumes: VolumeClaims;
  readonly #pids = new Map<string, number>();

  constructor(engine: Engine, containers: Containers, names: HostNames, host: Host, volumes: VolumeClaims) {
    this.#volumes = volumes;
    this.#engine = engine;
    this.#containers = containers;
    this.#names = names;
    this.#networks = new Networks(engine, containers, host.installationId);
    this.#observer = new Observer(engine, containers, host.installationId);
    this.#host = host;
  }

  ensureNetwork(spec: NetworkSpec, signal: AbortSignal): Promise<void> {
    return this.#networks.ensure(spec, signal);
  }
  async removeNetwork(deploymentId: string, signal: AbortSignal): Promise<void> {
    await this.#networks.remove(deploymentId, signal);
    await this.#names.forgetAll(deploymentId);
  }

  async start(spec: InstanceSpec, signal: AbortSignal): Promise<void> {
    const volumeIds = (spec.volumes ?? []).map((one) => one.volumeId);
    // One that is there keeps its volumes, whatever became of them meanwhile.
    if (volumeIds.length > 0 && (await this.inspect(spec.id, signal)).phase === 'running') {
      await this.#adopt(spec, signal);
      return;
    }
    await this.#volumes.claim(volumeIds, spec.id, signal, (folders) => this.#start(spec, folders, signal));
  }

  async #start(spec: InstanceSpec, folders: ReadonlyMap<string, string>, signal: AbortSignal): Promise<void> {
    const body = containerBody(spec, this.#host, this.#names.file(spec.deploymentId, spec.id), folders);
    if (await this.#adopt(spec, signal)) return;
    if (!(await this.#networks.has(spec.network, signal)))
      throw new AppError('conflict', 'The network of the deployment is missing.');
    await this.#names.prepare(spec, signal);
    const request = { method: 'POST', path: '/containers/create', query: { name: containerName(spec.id) } } as const;
    const created = await this.#engine.act({ ...request, body, signal }).catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'conflict') return null; // made by another call meanwhile
      throw error;
    });
    if (created === false) throw new AppError('not_found', 'The image is not in the engine.');
    if (created === null && !(await this.#adopt(spec, signal)))
      throw new AppError('conflict', 'The name of the instance is in use.');
    if (created) await this.#run(spec, signal);
  }

  /** True when a container of the spec is there, or runs by now. */
  async #adopt(spec: InstanceSpec, signal: AbortSignal): Promise<boolean> {
    const known = await this.#containers.find(spec.id, signal);
    if (!known) return false;
    if (known.Config.Labels[label.spec] !== specDigest(spec))
      throw new AppError('conflict', 'The instance exists with another spec.');
    if (known.State.Status === 'created') await this.#run(spec, signal);
    return true;
  }

  async #run(spec: InstanceSpec, signal: AbortSignal): Promise<void> {
    try {
      await this.#engine.act({ method: 'POST', path: `${containerPath(spec.id)}/start`, signal });
    } catch (error) {
      if (signal.aborted) throw error;
      const name = containerName(spec.id);
      const taken = await this.#networks.isAddressTaken(spec.network.bridge, spec.address, name, signal);
      await this.remove(spec.id, signal); // it never ran, so it holds no answer
      throw taken ? new AppError('conflict', 'The address is taken.', { cause: error }) : error;
    }
  }

  /** An instance that is kept alive has its volumes, so it must be able to take them. */
  async keepAlive(instanceId: string, on: boolean, signal: AbortSignal): Promise<void> {
    const volumeIds = on ? await this.#volumesOf(instanceId, signal) : [];
    await this.#volumes.claim(volumeIds, instanceId, signal, () => this.#keepAlive(instanceId, on, signal));
  }
  async #volumesOf(instanceId: string, signal: AbortSignal): Promise<string[]> {
    const labels = (await this.#containers.find(instanceId, signal))?.Config.Labels ?? {};
    return (labels[label.volumes] ?? '').split(' ').filter(Boolean);
  }

  async revive(signal: AbortSignal): Promise<string[]> {
    const revived: string[] = [];
    for (const { instanceId, volumeIds, container } of await this.#containers.withVolumes(signal)) {
      if (isUp(container) || container.HostConfig.RestartPolicy.Name !== 'always') continue;
      await this.#volumes.claim(volumeIds, instanceId, signal, () =>
        this.#engine.act({ method: 'POST', path: `${containerPath(instanceId)}/start`, signal }),
      );
      revived.push(instanceId);
    }
    return revived;
  }

  async #keepAlive(instanceId: string, on: boolean, signal: AbortSignal): Promise<void> {
    const body = { RestartPolicy: { Name: on ? 'always' : 'no' } };
    const request = { method: 'POST', path: `${containerPath(instanceId)}/update` } as const;
    const found = await this.#engine.act({ ...request, body, signal });
    if (on && !found) throw notFound();
    if (found) await this.#refreshNames(instanceId, signal);
  }

  async stop(instanceId: string, graceMs: number, signal: AbortSignal): Promise<void> {
    const query = { t: String(Math.ceil(graceMs / 1000)) };
    const request = { method: 'POST', path: `${containerPath(instanceId)}/stop` } as const;
    await this.#engine.act({ ...request, query, timeoutMs: graceMs + 60_000, signal });
  }

  async remove(instanceId: string, signal: AbortSignal): Promise<void> {
    const container = await this.#containers.find(instanceId, signal);
    if (!container) return;
    await this.#delete(instanceId, signal);
    const deploymentId = container.Config.Labels[label.deployment];
    if (deploymentId === undefined) return;
    await this.#names.forget(deploymentId, instanceId);
    if (container.HostConfig.RestartPolicy.Name === 'always') await this.#names.refresh(deploymentId, signal);
  }

  async #refreshNames(instanceId: string, signal: AbortSignal): Promise<void> {
    const labels = (await this.#containers.find(instanceId, signal))?.Config.Labels ?? {};
    const deploymentId = labels[label.deployment];
    if (deploymentId !== undefined && labels[label.aliases] !== '') await this.#names.refresh(deploymentId, signal);
  }

  async #delete(instanceId: string, signal: AbortSignal): Promise<void> {
    const query = { force: '1', v: '1' };
    const request: EngineRequest = { method: 'DELETE', path: containerPath(instanceId), query, signal };
    try {
      await this.#engine.act(request);
    } catch (error) {
      // Another call removes it now: done when it is gone.
      if (!(error instanceof AppError) || error.code !== 'conflict') throw error;
      for (let tries = 0; (await this.#containers.find(instanceId, signal)) !== null; tries += 1) {
        if (tries === 100) throw new AppError('unavailable', 'The engine does not finish a removal.', { cause: error });
        await delay(100);
      }
    }
  }

  observe(signal: AbortSignal): ReturnType<InstanceDriver['observe']> {
    return this.#observer.observe(signal);
  }
  inspect(instanceId: string, signal: AbortSignal): ReturnType<InstanceDriver['inspect']> {
    return this.#observer.state(instanceId, signal);
  }

  async stats(signal: AbortSignal): Promise<InstanceStats[]> {
    const running = await this.#containers.list({}, true, signal);
    const ids = new Set(running.map((entry) => entry.instanceId));
    for (const instanceId of this.#pids.keys()) if (!ids.has(instanceId)) this.#pids.delete(instanceId);
    const all = await Promise.all(running.map(({ instanceId, id }) => this.#counters(instanceId, id, signal)));
    return all.filter((entry) => entry !== null);
  }

  async #counters(instanceId: string, containerId: string, signal: AbortSignal): Promise<InstanceStats | null> {
    const known = this.#pids.get(instanceId);
    const remembered = known === undefined ? null : await readCounters(known, containerId);
    if (remembered) return { instanceId, ...remembered };
    const pid = (await this.#containers.find(instanceId, signal))?.State.Pid ?? 0;
    if (pid === 0) return null;
    this.#pids.set(instanceId, pid);
    const counters = await readCounters(pid, containerId);
    return counters && { instanceId, ...counters };
  }
}

function dockerSessions(engine: Engine, containers: Containers): SessionDriver {
  const logs = new Logs(engine, containers);
  return {
    logs: (instanceId, options, signal) => logs.read(instanceId, options, signal),
    async listening(instanceId, signal): Promise<ListeningPort[]> {
      const container = await containers.find(instanceId, signal);
      if (!container) throw notFound();
      return container.State.Pid === 0 ? [] : listeningPorts(container.State.Pid);
    },
    accepts,
    httpStatus,
  };
}

/** Made by `up`, and not on every machine. */
async function helpersIn(stateDir: string): Promise<string | null> {
  const folder = helperFolder(stateDir);
  return (await stat(path.join(folder, 'bin', 'session')).catch(() => null)) ? folder : null;
}

async function hardOpenFiles(): Promise<number> {
  const limits = await readFile('/proc/self/limits', 'utf8');
  const hard = /^Max open files\s+\S+\s+(\d+)/m.exec(limits)?.[1];
  return hard === undefined ? Number.POSITIVE_INFINITY : Number(hard);
}
