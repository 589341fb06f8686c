/**
 * Watches running builds and names the one that went over a limit, from facts: counters of its control group, the
 * kernel's log, and the free space of the builder's disk. It decides; ending the build is its owner's part.
 */
import { readFile, statfs } from 'node:fs/promises';
import path from 'node:path';
import type { BuilderPaths, BuilderStatus } from '#server/build/builder-paths.ts';
import type { Cgroups } from '#server/build/cgroup.ts';
import { openKernelLog, type KernelLog } from '#server/build/kernel-log.ts';
import { exec } from '#server/exec.ts';

export type LimitHit = 'build_out_of_memory' | 'build_process_limit' | 'build_disk_full';

const intervalMs = 200;
const quietMs = 3000;
/** A step that fails on a full disk is gone, with what it wrote, some 30 ms later. */
const diskIntervalMs = 20;
const recentMs = 1000;
const gib = 1024 ** 3;

interface Watched {
  onHit: (hit: LimitHit) => void;
  hit: LimitHit | null;
}

export interface LimitWatcher {
  /** Calls `onHit` at most once. */
  add(label: string, onHit: (hit: LimitHit) => void): void;
  /** One last look, then forgets the build. Answers what was hit; for a build that failed, the disk is a cause too. */
  remove(label: string): Promise<LimitHit | null>;
  /** Builds that run now. */
  running(): number;
  /** True when the builder's disk has less than its reserve. */
  isDiskLow(): Promise<boolean>;
}

/** Folders of the builder's disk that the running steps of a build write to. */
async function writtenFolders(paths: BuilderPaths, cgroups: Cgroups, label: string): Promise<string[]> {
  const steps = new Set(await cgroups.children(`${paths.cgroup}/builds/${label}`));
  const executors = path.join(paths.data, 'buildkit', 'executor');
  const mounts = await readFile('/proc/self/mountinfo', 'utf8');
  const uppers = mounts.split('\n').flatMap((line) => {
    const point = line.split(' ')[4] ?? '';
    const isStep =
      point.startsWith(`${executors}/`) && steps.has(point.slice(executors.length + 1).split('/')[0] ?? '');
    const upper = /[ ,]upperdir=([^,\s]+)/.exec(line)?.[1];
    return isStep && upper ? [upper] : [];
  });
  const caches = await Promise.all(
    [...steps].map(async (step) => {
      const settings = await readFile(path.join(executors, step, 'config.json'), 'utf8').catch(() => '');
      return [...settings.matchAll(/"source":"([^"\\]+)"/g)].flatMap(([, source]) =>
        source?.startsWith(path.join(paths.data, 'overlay2')) ? [source] : [],
      );
    }),
  );
  return [...uppers, ...caches.flat()];
}

async function bytesIn(folders: readonly string[]): Promise<number> {
  if (folders.length === 0) return 0;
  const counted = await exec('du', ['-sxc', '--block-size=1', '--', ...folders], { timeoutMs: 5000 });
  return Number(/^(\d+)\ttotal$/m.exec(counted.stdout)?.[1] ?? 0);
}

/** @param prune removes cache that no build uses */
export function createLimitWatcher(
  paths: BuilderPaths,
  status: BuilderStatus,
  cgroups: Cgroups | null,
  prune: () => Promise<void>,
): LimitWatcher {
  const builds = new Map<string, Watched>();
  const reserve = Math.min(gib, (status.diskBytes ?? 16 * gib) * 0.06);
  let kernelLog: KernelLog | null = null;
  let timer: NodeJS.Timeout | null = null;
  let quietUntil = 0;
  let lowAt = Number.NEGATIVE_INFINITY;
  let diskTimer: NodeJS.Timeout | null = null;

  const report = (label: string, hit: LimitHit): void => {
    const build = builds.get(label);
    if (!build || build.hit) return;
    build.hit = hit;
    build.onHit(hit);
  };

  async function isDiskLow(): Promise<boolean> {
    if (!status.separate) return false;
    const { bavail, bsize } = await statfs(paths.data);
    const isLow = bavail * bsize < reserve;
    if (isLow) lowAt = performance.now();
    return isLow;
  }

  function readKernelLog(): void {
    const prefix = `/${paths.cgroup}/builds/`;
    for (const { kind, group } of kernelLog?.read() ?? []) {
      if (!group.startsWith(prefix)) continue;
      const label = group.slice(prefix.length).split('/')[0] ?? '';
      report(label, kind === 'memory' ? 'build_out_of_memory' : 'build_process_limit');
    }
  }

  async function readCounters(label: string): Promise<void> {
    if (!cgroups) return;
    const facts = await cgroups.facts(`${paths.cgroup}/builds/${label}`);
    if (facts.memoryKills > 0) report(label, 'build_out_of_memory');
    else if (facts.refusedForks > 0) report(label, 'build_process_limit');
  }

  /**
   * The disk is everybody's: only the build that holds most of what is being written now ends, and only when that is
   * much. Where none is to blame old cache fills the disk, so it goes. What was ended needs time to give its space back.
   */
  async function readDisk(): Promise<void> {
    if (!cgroups || performance.now() < quietUntil || !(await isDiskLow())) return;
    const sizes = await Promise.all(
      [...builds.keys()].map(async (label) => ({
        label,
        bytes: await bytesIn(await writtenFolders(paths, cgroups, label)),
      })),
    );
    const most = sizes.toSorted((a, b) => b.bytes - a.bytes)[0];
    quietUntil = performance.now() + quietMs;
    if (most && most.bytes > reserve / 2) report(most.label, 'build_disk_full');
    else await prune();
  }

  async function look(): Promise<void> {
    readKernelLog();
    await Promise.all([...builds.keys()].map(readCounters));
    await readDisk();
  }

  function watchDisk(): void {
    diskTimer ??= setInterval(() => {
      if (builds.size > 0) return void isDiskLow().catch(() => false);
      if (diskTimer) clearInterval(diskTimer);
      diskTimer = null;
    }, diskIntervalMs);
  }

  /** One round at a time; the next begins a while after the last one ended. */
  function schedule(): void {
    timer = setTimeout(() => {
      look()
        .catch(() => undefined) // a group or folder went away meanwhile: the next round sees it
        .finally(() => {
          if (builds.size > 0) schedule();
          else timer = null;
        });
    }, intervalMs);
  }

  return {
    isDiskLow,
    running: () => builds.size,
    add(label, onHit) {
      kernelLog ??= openKernelLog();
      if (builds.size === 0) kernelLog?.read(); // what happened before does not concern this build
      builds.set(label, { onHit, hit: null });
      if (timer === null) schedule();
      watchDisk();
    },
    async remove(label) {
      readKernelLog();
      await readCounters(label).catch(() => undefined);
      const hit = builds.get(label)?.hit ?? null;
      builds.delete(label);
      return hit ?? (performance.now() - lowAt < recentMs ? 'build_disk_full' : null);
    },
  };
}
