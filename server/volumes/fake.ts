/** Volumes in memory, with files that tests and fake instances read and write. Passes `contract.ts`. */
import { AppError } from '#server/errors.ts';
import { Turns } from '#server/volumes/turns.ts';
import { inUse, missing, volumeError } from '#server/volumes/types.ts';
import type { VolumeClaims, VolumeDriver, VolumeSpec, VolumeUsage } from '#server/volumes/types.ts';

interface FakeVolume {
  sizeBytes: number;
  growsTo: number | null;
  files: Map<string, string>;
  trashed: boolean;
}

export class FakeVolumes implements VolumeDriver, VolumeClaims {
  readonly #volumes = new Map<string, FakeVolume>();
  readonly #turns = new Turns();
  readonly #holders: () => ReadonlyMap<string, string>;
  /** Bytes that the machine has for one volume. */
  room = 1024 ** 4;

  /** @param holders volume → instance that has it. */
  constructor(holders: () => ReadonlyMap<string, string> = () => new Map()) {
    this.#holders = holders;
  }

  // What tests do to it

  /** Content of a volume, also of one in the trash. */
  files(id: string): Map<string, string> {
    const volume = this.#volumes.get(id);
    if (!volume) throw missing(id);
    return volume.files;
  }
  /** As if its filesystem was not mounted and could not be. */
  lose(id: string): void {
    this.#volumes.delete(id);
  }
  ids(): { live: string[]; trashed: string[] } {
    const all = [...this.#volumes];
    const of = (trashed: boolean): string[] => all.filter(([, one]) => one.trashed === trashed).map(([id]) => id);
    return { live: of(false), trashed: of(true) };
  }

  // VolumeDriver

  create(spec: VolumeSpec, signal: AbortSignal): Promise<void> {
    return this.#turn([spec.id], signal, () => {
      const known = this.#volumes.get(spec.id);
      if (known?.trashed) throw volumeError(spec.id, 'conflict', 'The volume is in the trash.');
      if (!known) this.#put(spec, new Map());
    });
  }
  grow(spec: VolumeSpec, signal: AbortSignal): Promise<'done' | 'at-next-start'> {
    return this.#turn([spec.id], signal, () => {
      const volume = this.#live(spec.id);
      if (spec.sizeBytes <= volume.sizeBytes) return 'done';
      this.#assertRoom(spec);
      const isUsed = this.#holders().has(spec.id);
      if (isUsed) volume.growsTo = spec.sizeBytes;
      else volume.sizeBytes = spec.sizeBytes;
      return isUsed ? 'at-next-start' : 'done';
    });
  }
  usage(signal: AbortSignal): Promise<VolumeUsage[]> {
    return this.#turn([], signal, () =>
      [...this.#volumes]
        .filter(([, volume]) => !volume.trashed)
        .map(([id, { files, sizeBytes }]) => ({
          id,
          sizeBytes,
          usedBytes: [...files.values()].reduce((sum, text) => sum + text.length, 0),
        })),
    );
  }
  copy(fromId: string, to: VolumeSpec, signal: AbortSignal): Promise<void> {
    return this.#turn([fromId, to.id], signal, () => {
      if (this.#holders().has(fromId)) throw inUse(fromId);
      this.#copy(fromId, to);
    });
  }
  snapshot(fromId: string, to: VolumeSpec, signal: AbortSignal): Promise<void> {
    return this.#turn([fromId, to.id], signal, () => this.#copy(fromId, to));
  }
  trash(id: string, signal: AbortSignal): Promise<void> {
    return this.#turn([id], signal, () => {
      const volume = this.#volumes.get(id);
      if (!volume) throw missing(id);
      if (this.#holders().has(id)) throw inUse(id);
      volume.trashed = true;
    });
  }
  restore(id: string, signal: AbortSignal): Promise<void> {
    return this.#turn([id], signal, () => {
      const volume = this.#volumes.get(id);
      if (!volume) throw missing(id);
      volume.trashed = false;
    });
  }
  purge(id: string, signal: AbortSignal): Promise<void> {
    return this.#turn([id], signal, () => {
      const volume = this.#volumes.get(id);
      if (volume && !volume.trashed) throw volumeError(id, 'conflict', 'Only what is in the trash can be deleted.');
      this.#volumes.delete(id);
    });
  }

  claim<T>(
    volumeIds: readonly string[],
    instanceId: string,
    signal: AbortSignal,
    start: (folders: ReadonlyMap<string, string>) => Promise<T>,
  ): Promise<T> {
    return this.#turn(volumeIds, signal, () => {
      for (const id of volumeIds) {
        const volume = this.#live(id);
        const holder = this.#holders().get(id);
        if (holder !== undefined && holder !== instanceId) throw inUse(id);
        volume.sizeBytes = volume.growsTo ?? volume.sizeBytes;
        volume.growsTo = null;
      }
      return start(new Map(volumeIds.map((id) => [id, `/volumes/${id}`])));
    });
  }

  #copy(fromId: string, to: VolumeSpec): void {
    const from = this.#live(fromId);
    if (this.#volumes.has(to.id)) throw volumeError(to.id, 'conflict', 'There is a volume of this id.');
    this.#put({ id: to.id, sizeBytes: Math.max(from.sizeBytes, to.sizeBytes) }, new Map(from.files));
  }
  #put(spec: VolumeSpec, files: Map<string, string>): void {
    this.#assertRoom(spec);
    this.#volumes.set(spec.id, { sizeBytes: spec.sizeBytes, growsTo: null, files, trashed: false });
  }
  #assertRoom({ id, sizeBytes }: VolumeSpec): void {
    if (sizeBytes > this.room) throw volumeError(id, 'conflict', 'The disk of this machine has no room for it.');
  }
  #live(id: string): FakeVolume {
    const volume = this.#volumes.get(id);
    if (!volume || volume.trashed) throw missing(id);
    return volume;
  }
  #turn<T>(ids: readonly string[], signal: AbortSignal, work: () => T | Promise<T>): Promise<T> {
    return this.#turns.take(ids, async () => {
      if (signal.aborted) throw new AppError('aborted', 'Cancelled.', { cause: signal.reason });
      return work();
    });
  }
}
