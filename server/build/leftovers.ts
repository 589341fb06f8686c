/** What builds make beside their result, and how it goes away: control groups, processes, images without an owner, cache. */
import * as z from 'zod';
import type { Cgroups } from '#server/build/cgroup.ts';
import type { LimitWatcher } from '#server/build/limits.ts';
import type { BuildRequest } from '#server/build/types.ts';
import { systemClock } from '#server/clock.ts';
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
  discard(workId: string, signal: AbortSignal): Promise<void>;
  /** Prunes the cache when the disk is low, so that one full disk does not fail the next build too. */
  makeRoom(limits: LimitWatcher, signal: AbortSignal): Promise<void>;
}

export function createLeftovers(engine: Engine, cgroups: Cgroups | null, builds: string): Leftovers {
  const running = new Map<string, BuildRequest>();

  async function removeImages(label: string, signal: AbortSignal): Promise<number> {
    const filters = JSON.stringify({ label: [label] });
    const found = await engine.json(imagesSchema, { method: 'GET', path: '/images/json', query: { all: '1', filters }, signal });
    for (const { Id } of found ?? [])
      await engine.act({ method: 'DELETE', path: `/images/${encodeURIComponent(Id)}`, query: { force: '1' }, signal });
    return found?.length ?? 0;
  } // prettier-ignore

  async function removeLate(label: string): Promise<void> {
    const signal = AbortSignal.timeout(lateImageMs);
    while (!signal.aborted) {
      await removeImages(`${buildLabel}=${label}`, signal).catch(() => 0);
      await systemClock.sleep(500, signal).catch(() => undefined);
    }
  }

  /** Groups of builds that nobody runs: the process that ran them ended without a word. */
  async function destroyForgotten(): Promise<void> {
    if (!cgroups) return;
    const forgotten = (await cgroups.children(builds)).filter((label) => !running.has(label));
    await Promise.all(forgotten.map((label) => cgroups.destroy(`${builds}/${label}`)));
  }

  return {
    async begin(label, request) {
      running.set(label, request);
      const { memoryMib, cpuMillis, processes } = request.limits;
      await cgroups?.ensure(`${builds}/${label}`, { memoryBytes: memoryMib * mib, cpuMillis, processes });
    },
    async end(label, kept) {
      await cgroups?.destroy(`${builds}/${label}`);
      running.delete(label);
      if (!kept) void removeLate(label);
    },
    async discard(workId, signal) {
      await destroyForgotten();
      await removeImages(`${workLabel}=${workId}`, signal);
    },
    async makeRoom(limits, signal) {
      if (!(await limits.isDiskLow())) return;
      await engine.act({ method: 'POST', path: '/build/prune', query: { all: '1' }, signal });
    },
  };
}
