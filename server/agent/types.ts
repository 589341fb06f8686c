/**
 * What the agent offers to worker and gateway, and what the release engine is written against. One object of ports, so
 * that the engine runs on fakes, in process, or over the agent's unix socket without knowing which.
 */
import type { BuildEngine } from '#server/build/types.ts';
import type { EdgeDriver } from '#server/edge/types.ts';
import type { ArtifactStore, CapacityReader, InstanceDriver, SessionDriver } from '#server/runtime/types.ts';
import type { DumpDriver } from '#server/volumes/dump-types.ts';
import type { VolumeDriver } from '#server/volumes/types.ts';

export interface Region {
  instances: InstanceDriver;
  sessions: SessionDriver;
  artifacts: ArtifactStore;
  builds: BuildEngine;
  edge: EdgeDriver;
  capacity: CapacityReader;
  volumes: VolumeDriver;
  dumps: DumpDriver;
}

/**
 * The number of a lease, and what it covers: a release for instances and builds, a deployment for publications. The agent
 * remembers the highest number per scope on disk and refuses older ones with `fenced`.
 */
export interface Fence {
  scope: string;
  number: number;
}
/** A view of the region whose changing calls carry the fence. */
export type FencedRegion = (fence: Fence) => Region;
