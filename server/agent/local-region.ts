/** The region of this machine: real drivers behind the ports. */
import type { Region } from '#server/agent/types.ts';
import { createBuildEngine } from '#server/build/engine.ts';
import type { Config } from '#server/config.ts';
import { createHaproxyEdge } from '#server/edge/haproxy/driver.ts';
import type { HaproxyEdge } from '#server/edge/haproxy/driver.ts';
import type { Logger } from '#server/log.ts';
import { DockerArtifacts } from '#server/runtime/docker/artifacts.ts';
import { HostCapacity } from '#server/runtime/docker/capacity.ts';
import { createDockerRuntime } from '#server/runtime/docker/driver.ts';
import type { ShellDriver } from '#server/runtime/shell-types.ts';
import { Engine } from '#server/runtime/docker/engine.ts';
import { Containers } from '#server/runtime/docker/inspect.ts';
import { LocalDumps } from '#server/volumes/local/dumps.ts';
import { LocalVolumes } from '#server/volumes/local/driver.ts';

export interface LocalRegion {
  region: Region;
  edge: HaproxyEdge;
  /** Mounts what is not mounted and starts what waited for it. Safe to call again and again. */
  revive(signal: AbortSignal): Promise<void>;
  shells: ShellDriver;
  /** Ends connections; engine, edge and instances go on. */
  close(): Promise<void>;
}

/** Mounts the volumes, and opens nothing else yet. @param installationId label of everything that is made. */
export async function createLocalRegion(
  config: Config,
  installationId: string,
  log: Logger,
  signal: AbortSignal,
): Promise<LocalRegion> {
  const engine = new Engine(config.SLIPWAY_DOCKER_SOCKET);
  const edge = createHaproxyEdge(config, { log: log.child({ part: 'edge' }) });
  const { stateDir } = config;
  const containers = new Containers(engine, installationId);
  const volumes = await LocalVolumes.open(stateDir, {
    holders: (volumeId, inner) => containers.holders(volumeId, inner),
    log: log.child({ part: 'volumes' }),
    signal,
  });
  const runtime = await createDockerRuntime(engine, { installationId, stateDir, volumes });
  const { instances, sessions, shells } = runtime;
  const artifacts = new DockerArtifacts(engine, installationId);
  const builds = createBuildEngine(config);
  const dumps = new LocalDumps(stateDir, engine, containers);
  await dumps.clearUnfinished();
  return {
    region: { instances, sessions, artifacts, builds, edge, capacity: new HostCapacity(), volumes, dumps },
    edge,
    async revive(inner) {
      await volumes.mountAll(inner);
      for (const instance of await runtime.revive(inner))
        log.warn('started an instance that waited for its volume', { instance });
    },
    shells,
    close: () => engine.close(),
  };
}
