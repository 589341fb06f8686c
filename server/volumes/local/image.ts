/** Sparse ext4 images on loop devices: how a size is enforced and what is in a volume stays a file that can be moved. */
import { mkdir, rm, statfs, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { mountsBelow } from '#server/build/builder-disk.ts';
import { AppError } from '#server/errors.ts';
import { exec, execOk } from '#server/exec.ts';

const loopsSchema = z.object({ loopdevices: z.array(z.object({ name: z.string() })) });
/** No file of a volume may become more than data on this machine. */
const mountOptions = 'nosuid,nodev,noatime,discard';
/** e2fsck: 1 and 2 mean that it mended something, from 4 on errors are left. */
const damaged = 4;

/** True when this machine gives us loop devices. */
export async function canMountImages(folder: string, signal: AbortSignal): Promise<boolean> {
  const home = path.join(folder, `probe-${process.pid}`);
  const point = path.join(home, 'mount');
  const image = path.join(home, 'disk');
  await mkdir(point, { recursive: true });
  try {
    await makeImage(image, 4 * 1024 ** 2, signal);
    await mountImage(image, point, signal);
    await unmountImage(image, point, signal);
    return true;
  } catch (error) {
    if (signal.aborted) throw error;
    return false;
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

export async function makeImage(file: string, bytes: number, signal: AbortSignal): Promise<void> {
  await writeFile(file, '', { mode: 0o600 });
  await truncate(file, bytes);
  await execOk('mkfs.ext4', ['-q', '-F', '-m', '0', '-E', 'lazy_itable_init=1', file], { signal });
}

export const isMounted = async (point: string): Promise<boolean> => (await mountsBelow(point)).includes(point);

/**
 * The device of the image, the one that it is attached to already if there is one: two devices on one file would be two
 * filesystems that know nothing of each other.
 */
async function attach(file: string, signal: AbortSignal): Promise<string> {
  const known = await deviceOf(file, signal);
  if (known !== null) return known;
  const find = ['--find', '--show', '--nooverlap'];
  const direct = await exec('losetup', [...find, '--direct-io=on', file], { signal });
  const result = direct.exitCode === 0 ? direct : await execOk('losetup', [...find, file], { signal });
  return result.stdout.trim();
}
async function deviceOf(file: string, signal: AbortSignal): Promise<string | null> {
  const { stdout } = await execOk('losetup', ['--list', '--json', '--output', 'NAME', '--associated', file], {
    signal,
  });
  if (stdout.trim() === '') return null;
  return loopsSchema.parse(JSON.parse(stdout)).loopdevices[0]?.name ?? null;
}

/** Fine when it is mounted already. @throws AppError unavailable when the filesystem is damaged or cannot be mounted */
export async function mountImage(file: string, point: string, signal: AbortSignal): Promise<void> {
  if (await isMounted(point)) return;
  if ((await deviceOf(file, signal)) === null) await checkImage(file, [], signal);
  const device = await attach(file, signal);
  await execOk('mount', ['-t', 'ext4', '-o', mountOptions, device, point], { signal });
  await execOk('mount', ['--make-private', point], { signal });
}

async function checkImage(file: string, more: readonly string[], signal: AbortSignal): Promise<void> {
  const { exitCode, stdout, stderr } = await exec('e2fsck', ['-p', ...more, file], { signal });
  if (exitCode === null || exitCode >= damaged)
    throw new AppError('unavailable', 'The filesystem of a volume is damaged and could not be mended.', {
      cause: new Error(`${stdout}\n${stderr}`.trim().slice(-2000)),
    });
}

/** Fine when it is not mounted. @throws AppError unavailable while something uses it */
export async function unmountImage(file: string, point: string, signal: AbortSignal): Promise<void> {
  if (await isMounted(point)) await execOk('umount', [point], { signal });
  const device = await deviceOf(file, signal);
  if (device !== null) await execOk('losetup', ['--detach', device], { signal });
}

/** Larger, while it is mounted. False where the machine does not allow that. */
export async function growMounted(file: string, bytes: number, signal: AbortSignal): Promise<boolean> {
  await truncate(file, bytes);
  const device = await attach(file, signal);
  await execOk('losetup', ['--set-capacity', device], { signal });
  return (await exec('resize2fs', [device], { signal })).exitCode === 0;
}

/** Larger, while it is not mounted. */
export async function growImage(file: string, bytes: number, signal: AbortSignal): Promise<void> {
  await truncate(file, bytes);
  await checkImage(file, ['-f'], signal);
  await execOk('resize2fs', [file], { signal });
}

/** Nothing is written to the filesystem while `work` runs. Also thawed when it fails. */
export async function whileFrozen(point: string, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  await execOk('fsfreeze', ['--freeze', point], { signal });
  try {
    await work();
  } finally {
    await execOk('fsfreeze', ['--unfreeze', point]);
  }
}

export async function room(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
export async function usageOf(point: string): Promise<{ usedBytes: number; sizeBytes: number }> {
  const { blocks, bfree, bsize } = await statfs(point);
  return { usedBytes: (blocks - bfree) * bsize, sizeBytes: blocks * bsize };
}
