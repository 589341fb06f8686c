/** Dumps in memory: a copy of the files of the instance's volume. */
import { createHash } from 'node:crypto';
import { AppError, notFound } from '#server/errors.ts';
import type { DumpDriver, RefusedDump, TakenDump } from '#server/volumes/dump-types.ts';
import type { FakeVolumes } from '#server/volumes/fake.ts';

export class FakeDumps implements DumpDriver {
  readonly #dumps = new Map<string, Map<string, string>>();
  readonly #volumes: FakeVolumes;
  readonly #volumeOf: (instanceId: string) => string | null;
  /** The next call is refused with this. */
  refuseNext: string | null = null;

  /** @param volumeOf the volume of an instance that runs; null when it does not. */
  constructor(volumes: FakeVolumes, volumeOf: (instanceId: string) => string | null) {
    this.#volumes = volumes;
    this.#volumeOf = volumeOf;
  }
  ids(): string[] {
    return [...this.#dumps.keys()];
  }

  async take(dumpId: string, instanceId: string): Promise<TakenDump | RefusedDump> {
    const files = await this.#files(instanceId);
    const refused = this.#refused();
    if (refused) return refused;
    const copy = new Map(files);
    this.#dumps.set(dumpId, copy);
    return { kind: 'taken', sizeBytes: JSON.stringify([...copy]).length, checksum: checksum(copy) };
  }
  async play(dump: { id: string; checksum: string }, instanceId: string): Promise<{ kind: 'played' } | RefusedDump> {
    const kept = this.#dumps.get(dump.id);
    if (!kept || checksum(kept) !== dump.checksum) throw notFound();
    const files = await this.#files(instanceId);
    const refused = this.#refused();
    if (refused) return refused;
    files.clear();
    for (const [name, text] of kept) files.set(name, text);
    return { kind: 'played' };
  }
  async remove(dumpId: string): Promise<void> {
    await Promise.resolve();
    this.#dumps.delete(dumpId);
  }

  async #files(instanceId: string): Promise<Map<string, string>> {
    await Promise.resolve();
    const volume = this.#volumeOf(instanceId);
    if (volume === null) throw new AppError('conflict', 'The instance does not run.');
    return this.#volumes.files(volume);
  }
  #refused(): RefusedDump | null {
    const message = this.refuseNext;
    this.refuseNext = null;
    return message === null ? null : { kind: 'refused', message };
  }
}

const checksum = (files: ReadonlyMap<string, string>): string =>
  createHash('sha256')
    .update(JSON.stringify([...files]))
    .digest('hex');
