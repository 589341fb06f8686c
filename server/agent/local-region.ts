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
import { Engine } from '#server/runtime/docker/engine.ts';

export interface LocalRegion {
  region: Region;
  edge: HaproxyEdge;
  /** Ends connections; engine, edge and instances go on. */
  close(): Promise<void>;
}

/** Opens nothing yet. @param installationId label of everything that is made. */
export async function createLocalRegion(config: Config, installationId: string, log: Logger): Promise<LocalRegion> {
  const engine = new Engine(config.SLIPWAY_DOCKER_SOCKET);
  const edge = createHaproxyEdge(config, { log: log.child({ part: 'edge' }) });
  const { instances, sessions } = await createDockerRuntime(engine, { installationId, stateDir: config.stateDir });
  const artifacts = new DockerArtifacts(engine, installationId);
  const builds = createBuildEngine(config);
  return {
    region: { instances, sessions, artifacts, builds, edge, capacity: new HostCapacity() },
    edge,
    close: () => engine.close(),
  };
}
