/** The builder's data root: a sparse ext4 image, so that a build which writes without end fills only this. */
import { mkdir, rm, stat, statfs, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readFile } from 'node:fs/promises';
import type { BuilderPaths } from '#server/build/builder-paths.ts';
import { exec, execOk } from '#server/exec.ts';

const gib = 1024 ** 3;

/** Mount points at or below a folder, deepest first. */
export async function mountsBelow(folder: string): Promise<string[]> {
  const text = await readFile('/proc/self/mountinfo', 'utf8');
  const unescaped = (value: string): string =>
    value.replaceAll(/\\(\d{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
  return text
    .split('\n')
    .map((line) => unescaped(line.split(' ')[4] ?? ''))
    .filter((point) => point === folder || point.startsWith(`${folder}/`))
    .reverse();
}

export async function unmountBelow(folder: string, signal: AbortSignal): Promise<void> {
  for (const point of await mountsBelow(folder)) {
    const plain = await exec('umount', [point], { signal });
    if (plain.exitCode !== 0) await exec('umount', ['--lazy', point], { signal });
  }
}

async function makeImage(paths: BuilderPaths, bytes: number, signal: AbortSignal): Promise<void> {
  await rm(paths.disk, { force: true });
  await writeFile(paths.disk, '', { mode: 0o600 });
  await truncate(paths.disk, bytes);
  // No journal: the content is a cache, and a broken one is made anew.
  await execOk('mkfs.ext4', ['-q', '-F', '-m', '0', '-O', '^has_journal', '-E', 'lazy_itable_init=1', paths.disk], { signal }); // prettier-ignore
}

/** Grows an image of an earlier, smaller setting; offline, because it needs no privilege of its own then. */
async function prepareImage(paths: BuilderPaths, bytes: number, signal: AbortSignal): Promise<void> {
  const present = await stat(paths.disk).catch(() => null);
  if (!present) return makeImage(paths, bytes, signal);
  const checked = await exec('e2fsck', ['-f', '-p', paths.disk], { signal });
  if (checked.exitCode === null || checked.exitCode >= 4) return makeImage(paths, bytes, signal);
  if (present.size >= bytes) return;
  await truncate(paths.disk, bytes);
  await execOk('resize2fs', [paths.disk], { signal });
}

export interface BuilderDisk {
  /** Null when the size is not enforced. */
  bytes: number | null;
  degraded: string | null;
}

/**
 * Mounts the data root. Where no loop device can be had the plain folder serves, and the answer says so. Never larger
 * than what the machine has free, because a sparse image on a full disk turns into I/O errors.
 */
export async function ensureDisk(paths: BuilderPaths, sizeGib: number, signal: AbortSignal): Promise<BuilderDisk> {
  await mkdir(paths.data, { recursive: true, mode: 0o711 });
  const mounted = await mountsBelow(paths.data);
  if (mounted.includes(paths.data)) {
    const { blocks, bsize } = await statfs(paths.data);
    return { bytes: blocks * bsize, degraded: null };
  }
  const free = await statfs(path.dirname(paths.disk));
  const fits = Math.floor((free.bavail * free.bsize * 0.9) / gib) * gib;
  const used = (await stat(paths.disk).catch(() => null))?.blocks ?? 0;
  const bytes = Math.min(sizeGib * gib, Math.max(fits + used * 512, 2 * gib));
  try {
    await prepareImage(paths, bytes, signal);
    await execOk('mount', ['-o', 'loop,discard,noatime', '-t', 'ext4', paths.disk, paths.data], { signal });
    await execOk('mount', ['--make-private', paths.data], { signal });
  } catch {
    signal.throwIfAborted();
    return {
      bytes: null,
      degraded: 'The builder has no disk of its own, because no loop device can be mounted: a build can fill the disk of this machine.',
    }; // prettier-ignore
  }
  const small = bytes < sizeGib * gib;
  return {
    bytes,
    degraded: small ? `The builder's disk has ${String(Math.round(bytes / gib))} GiB: no more is free.` : null,
  };
}
