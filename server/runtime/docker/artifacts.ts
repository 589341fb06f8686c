/** Images of the runtime engine. Only random names of ours and digests: a tenant's name could mean another one's image. */
import * as z from 'zod';
import { AppError } from '#server/errors.ts';
import type { Engine } from '#server/runtime/docker/engine.ts';
import { label } from '#server/runtime/docker/labels.ts';
import { splitLines } from '#server/runtime/docker/lines.ts';
import { isBuiltReference, isSafeReference } from '#server/runtime/docker/spec.ts';
import type { ArtifactStore, StoredImage } from '#server/runtime/types.ts';

const imageSchema = z.object({
  Id: z.string(),
  Size: z.number(),
  Config: z.object({ ExposedPorts: z.record(z.string(), z.unknown()).nullish() }).nullish(),
});
const listSchema = z.array(
  z.object({
    RepoTags: z.array(z.string()).nullish(),
    RepoDigests: z.array(z.string()).nullish(),
    Labels: z.record(z.string(), z.string()).nullish(),
  }),
);
type Image = z.output<typeof imageSchema>;
const progressSchema = z.object({ error: z.string().optional() });
const pullTimeoutMs = 60_000;

export class DockerArtifacts implements ArtifactStore {
  readonly #engine: Engine;

  readonly #installationId: string;

  /** @param installationId the label of what counts as this installation's own */
  constructor(engine: Engine, installationId: string) {
    this.#engine = engine;
    this.#installationId = installationId;
  }

  async find(reference: string, signal: AbortSignal): Promise<string | null> {
    return (await this.#image(reference, signal))?.Id ?? null;
  }

  async resolve(reference: string, signal: AbortSignal): ReturnType<ArtifactStore['resolve']> {
    let image = await this.#image(reference, signal);
    if (!image && reference.includes('@') && (await this.#pull(reference, signal)))
      image = await this.#image(reference, signal);
    return image && { imageId: image.Id, sizeBytes: image.Size, exposedPorts: tcpPorts(image) };
  }

  async remove(reference: string, signal: AbortSignal): Promise<void> {
    if (!isBuiltReference(reference)) throw new AppError('bad_input', 'Only images that were built here are removed.');
    await this.#engine.act({ method: 'DELETE', path: imagePath(reference), signal });
  }

  async list(signal: AbortSignal): Promise<StoredImage[]> {
    const images = await this.#engine.json(listSchema, { method: 'GET', path: '/images/json', signal });
    return (images ?? []).flatMap((image) => {
      const own = image.Labels?.[label.installation] === this.#installationId;
      const names = [...(image.RepoTags ?? []), ...(image.RepoDigests ?? [])].filter(isSafeReference);
      return names.map((reference) => ({ reference, own: own && isBuiltReference(reference) }));
    });
  }

  async #image(reference: string, signal: AbortSignal): Promise<Image | null> {
    if (!isSafeReference(reference)) throw new AppError('bad_input', 'Give the image as name@sha256:digest.');
    return this.#engine.json(imageSchema, { method: 'GET', path: `${imagePath(reference)}/json`, signal });
  }

  /** False when the registry does not have it or does not answer. */
  async #pull(reference: string, signal: AbortSignal): Promise<boolean> {
    const [name = '', digest = ''] = reference.split('@');
    const query = { fromImage: name, tag: digest };
    try {
      const request = { method: 'POST', path: '/images/create', query, timeoutMs: pullTimeoutMs, signal } as const;
      const progress = await this.#engine.stream(request);
      if (!progress) return false;
      for await (const line of splitLines(progress))
        if (progressSchema.parse(JSON.parse(line)).error !== undefined) return false;
      return true;
    } catch (error) {
      // The engine answers an unreachable registry like a failure of its own; whether it is there, the next call tells.
      if (error instanceof AppError && error.code !== 'aborted') return false;
      throw error;
    }
  }
}

const imagePath = (reference: string): string => `/images/${reference.split('/').map(encodeURIComponent).join('/')}`;

const tcpPorts = (image: Image): number[] =>
  Object.keys(image.Config?.ExposedPorts ?? {})
    .flatMap((port) => (/^\d+(?:\/tcp)?$/.test(port) ? [Number.parseInt(port, 10)] : []))
    .toSorted((a, b) => a - b);
