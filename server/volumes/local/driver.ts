/**
 * Volumes on this machine's disk. With loop devices each is an ext4 image of its own size; without them a plain folder
 * whose size nobody enforces. What an instance gets is a folder inside the mounted image: while it is not mounted that folder
 * does not exist, the mount point cannot be written to, and the engine refuses to start a container on it.
 */
import { chmod, mkdir, open, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError, isAborted } from '#server/errors.ts';
import { exec, execOk } from '#server/exec.ts';
import type { Logger } from '#server/log.ts';
import { canMountImages, growImage, growMounted, isMounted, makeImage, mountImage, room, unmountImage, usageOf, whileFrozen } from '#server/volumes/local/image.ts'; // prettier-ignore
import { exists, markOf, type Place, Places } from '#server/volumes/local/places.ts';
import { Turns } from '#server/volumes/turns.ts';
import { inUse, missing, volumeError } from '#server/volumes/types.ts';
import type { VolumeClaims, VolumeDriver, VolumeSpec, VolumeUsage } from '#server/volumes/types.ts';

/** Instances that have the volume, or would have it again after a restart of the engine. */
export type Holders = (volumeId: string, signal: AbortSignal) => Promise<readonly string[]>;

export class LocalVolumes implements VolumeDriver, VolumeClaims {
  readonly #places: Places;
  readonly #holders: Holders;
  readonly #log: Logger;
  readonly #turns = new Turns();
  readonly #enforced: boolean;

  private constructor(places: Places, holders: Holders, log: Logger, enforced: boolean) {
    this.#places = places;
    this.#holders = holders;
    this.#log = log;
    this.#enforced = enforced;
  }

  /** Mounts what is there. @param options.plain makes plain folders, as a machine without loop devices does. */
  static async open(
    stateDir: string,
    options: { holders: Holders; log: Logger; signal: AbortSignal; plain?: boolean },
  ): Promise<LocalVolumes> {
    const { holders, log, signal, plain = false } = options;
    const places = new Places(stateDir);
    for (const folder of places.folders()) await mkdir(folder, { recursive: true, mode: 0o700 });
    const enforced = !plain && (await canMountImages(places.root, signal));
    if (!enforced) log.warn('no loop devices: sizes of volumes are not enforced');
    const volumes = new LocalVolumes(places, holders, log, enforced);
    await volumes.#clearUnfinished(signal);
    await volumes.mountAll(signal);
    return volumes;
  }

  /** After a reboot nothing is mounted. One volume that cannot be holds up no other. */
  async mountAll(signal: AbortSignal): Promise<void> {
    for (const id of await readdir(this.#places.folder('live'))) {
      const place = this.#places.of('live', id);
      try {
        await this.#turns.take([id], async () => {
          if (!(await exists(place.disk))) return;
          // An agent that was killed while it took a snapshot leaves a filesystem that accepts no writes.
          if (await isMounted(place.point)) await exec('fsfreeze', ['--unfreeze', place.point], { signal });
          else await mountImage(place.disk, place.point, signal);
        });
      } catch (error) {
        if (signal.aborted) throw error;
        this.#log.error('a volume cannot be mounted', { volume: id, error });
      }
    }
  }

  create(spec: VolumeSpec, signal: AbortSignal): Promise<void> {
    return this.#turn([spec.id], signal, async () => {
      if (await exists(this.#places.of('live', spec.id).home)) return;
      if (await exists(this.#places.of('trash', spec.id).home))
        throw volumeError(spec.id, 'conflict', 'The volume is in the trash.');
      await this.#assertRoom(spec, spec.sizeBytes);
      await this.#bringForth(spec, signal, async (place) => {
        if (this.#enforced) await makeImage(place.disk, spec.sizeBytes, signal);
      });
    });
  }

  grow(spec: VolumeSpec, signal: AbortSignal): Promise<'done' | 'at-next-start'> {
    return this.#turn([spec.id], signal, async () => {
      const place = await this.#live(spec.id);
      if (!(await exists(place.disk))) return 'done';
      await mountImage(place.disk, place.point, signal);
      const size = (await bytesOf(place.disk)) ?? 0;
      if (spec.sizeBytes <= size && !(await exists(place.growth))) return 'done';
      await this.#assertRoom(spec, spec.sizeBytes - size);
      await writeFile(place.growth, String(Math.max(spec.sizeBytes, size)), { mode: 0o600 });
      const isUsed = (await this.#holders(spec.id, signal)).length > 0;
      if (await growMounted(place.disk, spec.sizeBytes, signal)) await rm(place.growth, { force: true });
      else if (isUsed) return 'at-next-start';
      else await this.#growNow(place, signal);
      return 'done';
    });
  }

  async usage(signal: AbortSignal): Promise<VolumeUsage[]> {
    const all: VolumeUsage[] = [];
    for (const id of await readdir(this.#places.folder('live'))) {
      signal.throwIfAborted();
      const place = this.#places.of('live', id);
      const isImage = await exists(place.disk);
      if (isImage && !(await isMounted(place.point))) continue;
      if (isImage) all.push({ id, ...(await usageOf(place.point)) });
      else all.push({ id, sizeBytes: null, usedBytes: await folderBytes(place.data, signal) });
    }
    return all;
  }

  copy(fromId: string, to: VolumeSpec, signal: AbortSignal): Promise<void> {
    return this.#turn([fromId, to.id], signal, async () => {
      if ((await this.#holders(fromId, signal)).length > 0) throw inUse(fromId);
      await this.#copy(fromId, to, signal);
    });
  }
  snapshot(fromId: string, to: VolumeSpec, signal: AbortSignal): Promise<void> {
    return this.#turn([fromId, to.id], signal, () => this.#copy(fromId, to, signal));
  }

  trash(id: string, signal: AbortSignal): Promise<void> {
    return this.#turn([id], signal, async () => {
      const trashed = this.#places.of('trash', id);
      if (await exists(trashed.home)) return;
      const place = await this.#live(id);
      if ((await this.#holders(id, signal)).length > 0) throw inUse(id);
      if (await exists(place.disk)) await unmountImage(place.disk, place.point, signal);
      await rename(place.home, trashed.home);
    });
  }
  restore(id: string, signal: AbortSignal): Promise<void> {
    return this.#turn([id], signal, async () => {
      const place = this.#places.of('live', id);
      const trashed = this.#places.of('trash', id);
      if (await exists(place.home)) return;
      if (!(await exists(trashed.home))) throw missing(id);
      await rename(trashed.home, place.home);
      if (await exists(place.disk)) await mountImage(place.disk, place.point, signal);
    });
  }
  purge(id: string, signal: AbortSignal): Promise<void> {
    return this.#turn([id], signal, async () => {
      if (await exists(this.#places.of('live', id).home))
        throw volumeError(id, 'conflict', 'Only what is in the trash can be deleted.');
      await this.#remove(this.#places.of('trash', id), signal);
    });
  }

  claim<T>(
    volumeIds: readonly string[],
    instanceId: string,
    signal: AbortSignal,
    start: (folders: ReadonlyMap<string, string>) => Promise<T>,
  ): Promise<T> {
    if (volumeIds.length === 0) return start(new Map());
    return this.#turn(volumeIds, signal, async () => {
      const folders = new Map<string, string>();
      for (const id of volumeIds) {
        const place = await this.#live(id);
        const others = (await this.#holders(id, signal)).filter((holder) => holder !== instanceId);
        if (others.length > 0) throw inUse(id);
        await this.#ready(id, place, signal);
        folders.set(id, place.data);
      }
      return start(folders);
    });
  }

  async #ready(id: string, place: Place, signal: AbortSignal): Promise<void> {
    if (await exists(place.disk)) {
      if (await exists(place.growth)) await this.#growNow(place, signal);
      await mountImage(place.disk, place.point, signal);
    }
    if ((await markOf(place)) !== id || !(await exists(place.data))) throw missing(id);
  }

  async #growNow(place: Place, signal: AbortSignal): Promise<void> {
    const bytes = Number(await readFile(place.growth, 'utf8'));
    await unmountImage(place.disk, place.point, signal);
    await growImage(place.disk, bytes, signal);
    await mountImage(place.disk, place.point, signal);
    await rm(place.growth, { force: true });
  }

  /** Made beside and moved into place, so that a volume is there whole or not at all. */
  async #bringForth(spec: VolumeSpec, signal: AbortSignal, fill: (place: Place) => Promise<void>): Promise<void> {
    const making = this.#places.of('new', spec.id);
    await this.#remove(making, signal);
    await mkdir(making.point, { recursive: true, mode: 0o711 });
    await fill(making);
    const isImage = await exists(making.disk);
    if (isImage) {
      await setImmutable(making.point, true);
      await mountImage(making.disk, making.point, signal);
    }
    await mkdir(making.data, { recursive: true });
    await chmod(making.data, 0o777); // instances run as any user; only this component's get here
    await writeFile(making.marker, `${spec.id}\n`, { mode: 0o600, flush: true });
    if (isImage) await unmountImage(making.disk, making.point, signal);
    const place = this.#places.of('live', spec.id);
    await rename(making.home, place.home);
    if (isImage) await mountImage(place.disk, place.point, signal);
  }

  async #copy(fromId: string, to: VolumeSpec, signal: AbortSignal): Promise<void> {
    const from = await this.#live(fromId);
    if (await exists(this.#places.of('live', to.id).home))
      throw volumeError(to.id, 'conflict', 'There is a volume of this id.');
    const size = await bytesOf(from.disk);
    const target = { id: to.id, sizeBytes: Math.max(to.sizeBytes, size ?? 0) };
    await this.#assertRoom(target, target.sizeBytes);
    await this.#bringForth(target, signal, async (making) => {
      if (size === null) return void (await execOk('cp', ['-a', '--', from.data, making.data], { signal }));
      await mountImage(from.disk, from.point, signal);
      await whileFrozen(from.point, signal, async () => {
        await execOk('cp', ['--sparse=always', '--', from.disk, making.disk], { signal });
      });
      await growImage(making.disk, target.sizeBytes, signal);
    });
  }

  async #assertRoom(spec: VolumeSpec, bytes: number): Promise<void> {
    if (bytes > (await room(this.#places.root)))
      throw volumeError(spec.id, 'conflict', 'The disk of this machine has no room for it.');
  }

  async #live(id: string): Promise<Place> {
    const place = this.#places.of('live', id);
    if (!(await exists(place.home))) throw missing(id);
    return place;
  }

  async #remove(place: Place, signal: AbortSignal): Promise<void> {
    if (!(await exists(place.home))) return;
    if (await exists(place.disk)) await unmountImage(place.disk, place.point, signal);
    await setImmutable(place.point, false);
    await rm(place.home, { recursive: true, force: true });
  }
  async #clearUnfinished(signal: AbortSignal): Promise<void> {
    for (const id of await readdir(this.#places.folder('new'))) await this.#remove(this.#places.of('new', id), signal);
  }

  #turn<T>(ids: readonly string[], signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    return this.#turns.take(ids, async () => {
      if (signal.aborted) throw new AppError('aborted', 'Cancelled.', { cause: signal.reason });
      try {
        return await work();
      } catch (error) {
        if (signal.aborted && !isAborted(error)) throw new AppError('aborted', 'Cancelled.', { cause: error });
        throw error;
      }
    });
  }
}

/** Some filesystems do not know the flag; the missing folder inside still keeps containers away. */
async function setImmutable(point: string, on: boolean): Promise<void> {
  await exec('chattr', [on ? '+i' : '-i', point]);
}

async function bytesOf(file: string): Promise<number | null> {
  const handle = await open(file, 'r').catch(() => null);
  if (!handle) return null;
  try {
    return (await handle.stat()).size;
  } finally {
    await handle.close();
  }
}

async function folderBytes(folder: string, signal: AbortSignal): Promise<number> {
  const { stdout } = await exec('du', ['--summarize', '--block-size=1', '--', folder], { signal, timeoutMs: 60_000 });
  return Number(stdout.split('\t')[0] ?? 0) || 0;
}

/** For the end of an installation: nothing below the folder stays mounted or protected. */
export async function releaseVolumes(stateDir: string, signal: AbortSignal): Promise<void> {
  const places = new Places(stateDir);
  for (const folder of places.folders())
    for (const id of await readdir(folder).catch(() => [])) {
      const place = { disk: path.join(folder, id, 'disk'), point: path.join(folder, id, 'mount') };
      if (await exists(place.disk)) await unmountImage(place.disk, place.point, signal);
      await setImmutable(place.point, false);
    }
}
