/**
 * A whole region in memory, for the tests of everything that is written against `Region`: the fakes of all ports, wired
 * like the real ones (a stored build is an image that an instance can start), behind real fences.
 */
import { fenceRegion } from '#server/agent/fenced-region.ts';
import { createMemoryFences } from '#server/agent/fences.ts';
import type { FencedRegion, Region } from '#server/agent/types.ts';
import type { BuildEngine, BuildRequest, BuildResult } from '#server/build/types.ts';
import type { Clock } from '#server/clock.ts';
import type { EdgeDriver, Publication } from '#server/edge/types.ts';
import { AppError } from '#server/errors.ts';
import { FakeArtifactStore, FakeCapacityReader } from '#server/runtime/fake-stores.ts';
import { FakeRuntime } from '#server/runtime/fake.ts';

export interface FakeRegion {
  /** What the release engine gets. */
  fenced: FencedRegion;
  /** The same without fences. */
  region: Region;
  runtime: FakeRuntime;
  artifacts: FakeArtifactStore;
  capacity: FakeCapacityReader;
}

/** @param parts `builds` and `edge` replace the plain ones that succeed at once. */
export function createFakeRegion(
  parts: { clock?: Clock; builds?: BuildEngine; edge?: EdgeDriver; artifacts?: FakeArtifactStore } = {},
): FakeRegion {
  const artifacts = parts.artifacts ?? new FakeArtifactStore();
  const runtime = new FakeRuntime({
    ...(parts.clock ? { clock: parts.clock } : {}),
    hasImage: (reference) => artifacts.has(reference),
  });
  const capacity = new FakeCapacityReader();
  const region: Region = {
    instances: runtime,
    sessions: runtime,
    artifacts,
    capacity,
    builds: parts.builds ?? new PlainBuilds(artifacts),
    edge: parts.edge ?? new PlainEdge(),
  };
  return { fenced: fenceRegion(region, createMemoryFences()), region, runtime, artifacts, capacity };
}

/** Every build succeeds with one line. */
class PlainBuilds implements BuildEngine {
  readonly #artifacts: FakeArtifactStore;
  constructor(artifacts: FakeArtifactStore) {
    this.#artifacts = artifacts;
  }
  async build(
    request: BuildRequest,
    onEvent: Parameters<BuildEngine['build']>[1],
    signal: AbortSignal,
  ): Promise<BuildResult> {
    if (signal.aborted) throw new AppError('aborted', 'Cancelled.');
    onEvent({ kind: 'line', stream: 'stdout', text: 'built', at: new Date().toISOString() });
    const exposedPorts = request.plan.port === null ? [] : [request.plan.port];
    return { kind: 'built', imageId: `sha256:${request.reference}`, sizeBytes: 1_000_000, exposedPorts };
  }
  async store(imageId: string, reference: string): Promise<void> {
    this.#artifacts.put(reference, { imageId });
  }
  async discard(): Promise<void> {
    // Nothing is kept between calls.
  }
}

/** Publications take effect at once and carry no traffic. */
class PlainEdge implements EdgeDriver {
  readonly #inForce = new Map<string, Publication>();
  async publish(publication: Publication): Promise<void> {
    const known = this.#inForce.get(publication.deploymentId);
    if (known && known.generation > publication.generation) throw new AppError('conflict', 'A newer one is in force.');
    this.#inForce.set(publication.deploymentId, publication);
  }
  async confirmed(deploymentId: string): Promise<number | null> {
    return this.#inForce.get(deploymentId)?.generation ?? null;
  }
  async drain(): Promise<{ open: number }> {
    return { open: 0 };
  }
  async remove(): Promise<{ cut: number }> {
    return { cut: 0 };
  }
  async traffic(): Promise<Record<string, never>> {
    return {};
  }
  async withdraw(deploymentId: string): Promise<void> {
    this.#inForce.delete(deploymentId);
  }
}
