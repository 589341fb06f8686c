/** Whether there is room to build: a disk that is nearly full is everybody's, so that nothing new begins on it. */
import { statfs } from 'node:fs/promises';
import * as z from 'zod';
import { systemClock } from '#server/clock.ts';
import type { BuildFailure } from '#server/build/failures.ts';
import type { Engine } from '#server/runtime/docker/engine.ts';

/** Above this part of a disk builds are refused. */
export const fullPart = 0.9;
const gib = 1024 ** 3;
const othersMs = 120_000;
/** What an ended build wrote is not gone at once. */
const settleMs = 5000;
const pollMs = 500;
const infoSchema = z.object({ DockerRootDir: z.string() });

export interface DiskUse {
  usedBytes: number;
  /** What can be used: without the part that the filesystem keeps for root. */
  totalBytes: number;
}

/** Null when the folder is not on this machine. */
export async function diskUse(folder: string): Promise<DiskUse | null> {
  const found = await statfs(folder).catch(() => null);
  if (!found) return null;
  const usedBytes = (found.blocks - found.bfree) * found.bsize;
  return { usedBytes, totalBytes: usedBytes + found.bavail * found.bsize };
}
export const isFull = ({ usedBytes, totalBytes }: DiskUse): boolean => usedBytes >= totalBytes * fullPart;

const words = ({ usedBytes, totalBytes }: DiskUse): string =>
  `${String(Math.floor((100 * usedBytes) / totalBytes))} % full: ${((totalBytes - usedBytes) / gib).toFixed(1)} of ${(totalBytes / gib).toFixed(1)} GiB are free`;

export const builderFull = (use: DiskUse): BuildFailure => ({
  kind: 'failed',
  code: 'builder_disk_full',
  message: `The disk for builds is ${words(use)}, and its cache is empty already.`,
  advice: 'What is live serves on. Deploy again in a while; the operator can give builds more disk.',
});
const machineFull = (use: DiskUse): BuildFailure => ({
  kind: 'failed',
  code: 'disk_full',
  message: `The disk of this machine is ${words(use)}.`,
  advice: 'What is live serves on, and a rollback is possible. The operator has to make room before anything is built.',
});

/** The failure when a disk that images and sources go to is nearly full. */
export async function machineRefusal(
  engine: Engine,
  stateDir: string,
  signal: AbortSignal,
): Promise<BuildFailure | null> {
  const info = await engine.json(infoSchema, { method: 'GET', path: '/info', signal });
  for (const folder of [info?.DockerRootDir, stateDir]) {
    const use = folder === undefined ? null : await diskUse(folder);
    if (use && isFull(use)) return machineFull(use);
  }
  return null;
}

/** What is needed of the builder: its disk, what else runs on it, and how to empty its cache. */
export interface BuilderRoom {
  status: { separate: boolean };
  paths: { data: string };
  limits: { running(): number; isDiskLow(): Promise<boolean> };
  leftovers: { prune(signal: AbortSignal): Promise<void> };
}

/**
 * The failure when the builder's disk is nearly full although its cache was emptied. A disk that another build is filling
 * has room again when that build ends: this one waits for it and does not fail.
 */
export async function builderRefusal(builder: BuilderRoom, signal: AbortSignal): Promise<BuildFailure | null> {
  if (!builder.status.separate) return null;
  const since = performance.now();
  for (;;) {
    const before = await diskUse(builder.paths.data);
    if (!before || (!isFull(before) && !(await builder.limits.isDiskLow()))) return null;
    await builder.leftovers.prune(signal);
    const after = await diskUse(builder.paths.data);
    if (!after || !isFull(after)) return null;
    const patience = builder.limits.running() > 0 ? othersMs : settleMs;
    if (performance.now() - since > patience) return builderFull(after);
    await systemClock.sleep(pollMs, signal);
  }
}
