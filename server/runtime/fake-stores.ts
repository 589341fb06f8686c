/** In-memory ArtifactStore and CapacityReader for tests; real implementations that pass the contract. */
import { createHash } from 'node:crypto';
import { AppError } from '#server/errors.ts';
import type { ArtifactStore, Capacity, CapacityReader } from '#server/runtime/types.ts';

export interface FakeImage {
  imageId: string;
  sizeBytes: number;
  exposedPorts: number[];
}

export class FakeArtifactStore implements ArtifactStore {
  readonly #images = new Map<string, FakeImage>();
  readonly #registry = new Map<string, FakeImage>();

  /** Brings an image into the engine, as a build's `store` does. */
  put(reference: string, image: Partial<FakeImage> = {}): FakeImage {
    const full = { ...imageFor(reference), ...image };
    this.#images.set(reference, full);
    return full;
  }
  /** Makes an image pullable without being there yet. */
  offer(reference: string, image: Partial<FakeImage> = {}): void {
    this.#registry.set(reference, { ...imageFor(reference), ...image });
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
  async remove(reference: string, signal: AbortSignal): Promise<void> {
    throwIfAborted(signal);
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
