/** What builds make beside their result, and how it goes away: control groups, processes, images without an owner, cache. */
import { setTimeout } from 'node:timers/promises';
import * as z from 'zod';
import type { Cgroups } from '#server/build/cgroup.ts';
import type { BuildRequest } from '#server/build/types.ts';
import type { Engine } from '#server/runtime/docker/engine.ts';

export const workLabel = 'slipway.work';
export const buildLabel = 'slipway.build';

const mib = 1024 ** 2;
const imagesSchema = z.array(z.object({ Id: z.string() }));
/** A cancelled build that was exporting still delivers its image; exports of large layers take seconds. */
const lateImageMs = 30_000;

export interface Leftovers {
  /** Makes the build's control group; it must exist before the first step. */
  begin(label: string, request: BuildRequest): Promise<void>;
  /** Ends every process of the build. Unless its image is kept, also one that arrives late goes. */
  end(label: string, kept: boolean): Promise<void>;
  /** True when a build that may have shared steps with this one was ended early since this one began. */
  wasDisturbed(label: string): boolean;
  discard(workId: string, signal: AbortSignal): Promise<void>;
  /** Removes all cache that no running build uses. */
  prune(signal: AbortSignal): Promise<void>;
}

export function createLeftovers(engine: Engine, cgroups: Cgroups | null, builds: string): Leftovers {
  const running = new Map<string, BuildRequest>();
  const draining = new Set<string>();
  const disturbed = new Set<string>();

  /** Only untagged ones: a name means an owner, be it a base image or, in a shared engine, a stored artifact. */
  async function removeImages(label: string, signal: AbortSignal): Promise<void> {
    const filters = JSON.stringify({ label: [label], dangling: ['true'] });
    const found = await engine.json(imagesSchema, { method: 'GET', path: '/images/json', query: { all: '1', filters }, signal });
    for (const { Id } of found ?? [])
      await engine.act({ method: 'DELETE', path: `/images/${encodeURIComponent(Id)}`, query: { force: '1' }, signal });
  } // prettier-ignore

  async function removeLate(label: string): Promise<void> {
    const signal = AbortSignal.timeout(lateImageMs);
    while (!signal.aborted) {
      await removeImages(`${buildLabel}=${label}`, signal).catch(() => undefined);
      await setTimeout(500, undefined, { ref: false });
    }
  }

  /** Groups of builds that nobody runs: the process that ran them ended without a word. */
  async function destroyForgotten(): Promise<void> {
    if (!cgroups) return;
    const forgotten = (await cgroups.children(builds)).filter((label) => !running.has(label) && !draining.has(label));
    await Promise.all(forgotten.map((label) => cgroups.destroy(`${builds}/${label}`)));
  }

  /** A build of the same organization, whose steps may be this one's: equal steps at one time run once. */
  const hasSibling = (label: string, namespace: string | undefined): boolean =>
    [...running].some(([other, request]) => other !== label && request.cacheNamespace === namespace);

  /** The engine ends what nobody waits for within milliseconds; what lasts longer belongs to a sibling. */
  async function destroyGroup(label: string, namespace: string | undefined): Promise<void> {
    if (!cgroups) return;
    const group = `${builds}/${label}`;
    const isEmpty = async (): Promise<boolean> => (await cgroups.pids(group)).length === 0;
    const deadline = performance.now() + 500;
    while (hasSibling(label, namespace) && !(await isEmpty())) {
      if (performance.now() > deadline) {
        void drain(label, namespace);
        return;
      }
      await setTimeout(20);
    }
    await cgroups.destroy(group);
  }
  async function drain(label: string, namespace: string | undefined): Promise<void> {
    const group = `${builds}/${label}`;
    draining.add(label);
    while (hasSibling(label, namespace) && ((await cgroups?.pids(group)) ?? []).length > 0)
      await setTimeout(200, undefined, { ref: false });
    await cgroups?.destroy(group);
    draining.delete(label);
  }

  return {
    async begin(label, request) {
      running.set(label, request);
      const { memoryMib, cpuMillis, processes } = request.limits;
      await cgroups?.ensure(`${builds}/${label}`, { memoryBytes: memoryMib * mib, cpuMillis, processes });
    },
    async end(label, kept) {
      const namespace = running.get(label)?.cacheNamespace;
      if (!kept)
        for (const [other, { cacheNamespace }] of running) if (cacheNamespace === namespace) disturbed.add(other);
      await destroyGroup(label, namespace);
      running.delete(label);
      disturbed.delete(label);
      if (!kept) void removeLate(label);
    },
    wasDisturbed: (label) => disturbed.has(label),
    async discard(workId, signal) {
      await destroyForgotten();
      await removeImages(`${workLabel}=${workId}`, signal);
    },
    async prune(signal) {
      await engine.act({ method: 'POST', path: '/build/prune', query: { all: '1' }, signal });
    },
  };
}
