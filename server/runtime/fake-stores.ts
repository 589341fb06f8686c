/** In-memory ArtifactStore and CapacityReader for tests; real implementations that pass the contract. */
import { createHash } from 'node:crypto';
import { AppError } from '#server/errors.ts';
import type { ArtifactStore, Capacity, CapacityReader, StoredImage } from '#server/runtime/types.ts';

export interface FakeImage {
  imageId: string;
  sizeBytes: number;
  exposedPorts: number[];
}

export class FakeArtifactStore implements ArtifactStore {
  readonly #images = new Map<string, FakeImage>();
  readonly #own = new Set<string>();
  readonly #refusing = new Set<string>();
  readonly #registry = new Map<string, FakeImage>();

  /** Brings an image into the engine, as a build's `store` does. Without `own` it is another installation's. */
  put(reference: string, image: Partial<FakeImage> = {}, own = true): FakeImage {
    const full = { ...imageFor(reference), ...image };
    if (own) this.#own.add(reference);
    this.#images.set(reference, full);
    return full;
  }
  /** Makes an image pullable without being there yet. */
  offer(reference: string, image: Partial<FakeImage> = {}): void {
    this.#registry.set(reference, { ...imageFor(reference), ...image });
  }
  /** A container needs the image: `remove` is refused until this is called with `false`. */
  use(reference: string, used = true): void {
    if (used) this.#refusing.add(reference);
    else this.#refusing.delete(reference);
  }
  has(reference: string): boolean {
    return this.#images.has(reference);
  }
  references(): string[] {
    return [...this.#images.keys()];
  }

  async find(reference: string, signal: AbortSignal): Promise<string | null> {
    throwIfAborted(signal);
    return this.#images.get(reference)?.imageId ?? null;
  }
  async resolve(reference: string, signal: AbortSignal): Promise<FakeImage | null> {
    throwIfAborted(signal);
    const offered = this.#registry.get(reference);
    if (offered && !this.#images.has(reference)) this.#images.set(reference, offered);
    return this.#images.get(reference) ?? null;
  }
  async list(signal: AbortSignal): Promise<StoredImage[]> {
    throwIfAborted(signal);
    return this.references().map((reference) => ({ reference, own: this.#own.has(reference) }));
  }
  async remove(reference: string, signal: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    if (this.#refusing.has(reference)) throw new AppError('conflict', 'A container needs this image.');
    this.#images.delete(reference);
  }
}

export class FakeCapacityReader implements CapacityReader {
  value: Capacity = { memoryTotalMib: 8192, memoryFreeMib: 8192, cpuMillis: 4000 };
  async capacity(signal: AbortSignal): Promise<Capacity> {
    throwIfAborted(signal);
    return this.value;
  }
}

const imageFor = (reference: string): FakeImage => ({
  imageId: `sha256:${createHash('sha256').update(reference).digest('hex')}`,
  sizeBytes: 1_000_000,
  exposedPorts: [],
});
const throwIfAborted = (signal: AbortSignal): void => {
  if (signal.aborted) throw new AppError('aborted', 'Cancelled.', { cause: signal.reason });
};
