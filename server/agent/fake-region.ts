/**
 * A whole region in memory, for the tests of everything that is written against `Region`: the fakes of all ports, wired
 * like the real ones (a stored build is an image that an instance can start), behind real fences.
 */
import { fenceRegion } from '#server/agent/fenced-region.ts';
import { createMemoryFences } from '#server/agent/fences.ts';
import type { FencedRegion, Region } from '#server/agent/types.ts';
import { createFakeBuildEngine } from '#server/build/fake.ts';
import type { FakeBuildEngine } from '#server/build/fake.ts';
import type { Clock } from '#server/clock.ts';
import { createFakeEdge } from '#server/edge/fake.ts';
import type { FakeEdge } from '#server/edge/fake.ts';
import { FakeArtifactStore, FakeCapacityReader } from '#server/runtime/fake-stores.ts';
import { FakeRuntime } from '#server/runtime/fake.ts';
import { FakeDumps } from '#server/volumes/fake-dumps.ts';
import { FakeVolumes } from '#server/volumes/fake.ts';

export interface FakeRegion {
  /** What the release engine gets. */
  fenced: FencedRegion;
  /** The same without fences. */
  region: Region;
  runtime: FakeRuntime;
  builds: FakeBuildEngine;
  edge: FakeEdge;
  artifacts: FakeArtifactStore;
  capacity: FakeCapacityReader;
  volumes: FakeVolumes;
  dumps: FakeDumps;
}

/** @param options `clock` moves the times of instances and builds. */
export function createFakeRegion(options: { clock?: Clock } = {}): FakeRegion {
  const artifacts = new FakeArtifactStore();
  const volumes: FakeVolumes = new FakeVolumes(() => runtime.volumeHolders());
  const runtime: FakeRuntime = new FakeRuntime({
    ...options,
    volumes,
    hasImage: (reference) => artifacts.has(reference),
  });
  const builds = createFakeBuildEngine({ ...options, onStored: (reference, image) => artifacts.put(reference, image) });
  const edge = createFakeEdge([], options.clock);
  const capacity = new FakeCapacityReader();
  const dumps = new FakeDumps(volumes, (instanceId) => {
    if (!runtime.runningIds().includes(instanceId)) return null;
    return runtime.specs().find((spec) => spec.id === instanceId)?.volumes?.[0]?.volumeId ?? null;
  });
  const region: Region = { instances: runtime, sessions: runtime, artifacts, builds, edge, capacity, volumes, dumps };
  return {
    fenced: fenceRegion(region, createMemoryFences()),
    region,
    runtime,
    builds,
    edge,
    artifacts,
    capacity,
    volumes,
    dumps,
  };
}
