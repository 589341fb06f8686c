/** Brings an image from the builder into the engine that runs it: only layers that are not there yet travel. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack, type Pack } from 'tar-stream';
import * as z from 'zod';
import { chainIds, openLayerFiles, type LayerFiles } from '#server/build/layer-files.ts';
import { AppError } from '#server/errors.ts';
import type { Engine } from '#server/runtime/docker/engine.ts';

const imageSchema = z.object({ Id: z.string(), RootFS: z.object({ Layers: z.array(z.string()).nullish() }) });
const listSchema = z.array(z.object({ Id: z.string() }));
const transferLimitMs = 30 * 60_000;

type Image = z.output<typeof imageSchema>;
const inspect = (engine: Engine, name: string, signal: AbortSignal): Promise<Image | null> =>
  engine.json(imageSchema, { method: 'GET', path: `/images/${encodeURIComponent(name)}/json`, signal });

/** Layers of images that were seen; an image never changes. */
export type KnownLayers = Map<string, readonly string[]>;

/** How many of the lowest layers the engine has in this very order. */
async function sharedLayers(
  engine: Engine,
  layers: readonly string[],
  known: KnownLayers,
  signal: AbortSignal,
): Promise<number> {
  const images = (await engine.json(listSchema, { method: 'GET', path: '/images/json', signal })) ?? [];
  const present = new Set(images.map(({ Id }) => Id));
  for (const id of known.keys()) if (!present.has(id)) known.delete(id);
  for (const id of present) if (!known.has(id)) known.set(id, (await inspect(engine, id, signal))?.RootFS.Layers ?? []);
  const common = [...known.values()].map((others) => {
    const first = layers.findIndex((layer, index) => others[index] !== layer);
    return first === -1 ? layers.length : first;
  });
  return Math.max(0, ...common);
}

function addEntry(archive: Pack, name: string, data: Buffer): void {
  archive.entry({ name, size: data.length }, data);
}

/**
 * An archive as `docker load` reads it. Layers that the engine has are named in the manifest only. It carries the name,
 * so that an agent which is killed in between leaves no image without one.
 */
function archiveOf(files: LayerFiles, image: Image, reference: string, shared: number): Readable {
  const archive = pack();
  const chains = chainIds(image.RootFS.Layers ?? []);
  const fill = async (): Promise<void> => {
    const name = `${image.Id.slice('sha256:'.length)}.json`;
    const layers = chains.map((chain) => `${chain.slice('sha256:'.length)}/layer.tar`);
    addEntry(
      archive,
      'manifest.json',
      Buffer.from(JSON.stringify([{ Config: name, RepoTags: [reference], Layers: layers }])),
    );
    addEntry(archive, name, await files.configuration(image.Id));
    for (const [index, chain] of chains.entries()) {
      if (index < shared) continue;
      const entry = archive.entry({ name: layers[index] ?? '', size: await files.sizeBytes(chain) });
      await pipeline(Readable.from(files.tar(chain)), entry);
    }
    archive.finalize();
  };
  fill().catch((error: unknown) => archive.destroy(error instanceof Error ? error : new Error(String(error))));
  return Readable.from(archive);
}

async function load(runtime: Engine, archive: Readable, signal: AbortSignal): Promise<void> {
  const content = { type: 'application/x-tar', data: archive };
  const answer = await runtime.stream({ method: 'POST', path: '/images/load', query: { quiet: '1' }, content, timeoutMs: transferLimitMs, signal }); // prettier-ignore
  let text = '';
  for await (const chunk of answer ?? []) text += chunk.toString('utf8');
  // Failures come after the status, as a line of the answer; what counts is checked by the caller.
  if (text.includes('"errorDetail"'))
    throw new AppError('unavailable', 'The runtime engine did not take the image.', {
      cause: new Error(text.slice(-2000)),
    });
}

/**
 * @param dataRoot of the builder when its files can be read; null sends the whole image
 * @throws AppError not_found when the builder no longer has the image, unavailable
 */
export async function transferImage(
  from: { engine: Engine; dataRoot: string | null },
  runtime: { engine: Engine; known: KnownLayers },
  imageId: string,
  reference: string,
  signal: AbortSignal,
): Promise<void> {
  const tagged = await inspect(runtime.engine, reference, signal);
  if (tagged?.Id === imageId) return;
  if (!(await inspect(runtime.engine, imageId, signal))) {
    const image = await inspect(from.engine, imageId, signal);
    if (!image) throw new AppError('not_found', 'The image is no longer in the builder: build it again.');
    const files = from.dataRoot === null ? null : await openLayerFiles(from.dataRoot);
    if (files) {
      const shared = await sharedLayers(runtime.engine, image.RootFS.Layers ?? [], runtime.known, signal);
      await load(runtime.engine, archiveOf(files, image, reference, shared), signal);
    } else {
      const saved = await from.engine.stream({ method: 'GET', path: `/images/${encodeURIComponent(imageId)}/get`, signal });
      if (saved) await load(runtime.engine, Readable.from(saved), signal);
    }
  }
  const [repo = '', tag = 'latest'] = reference.split(':');
  const found = await runtime.engine.act({ method: 'POST', path: `/images/${encodeURIComponent(imageId)}/tag`, query: { repo, tag }, signal });
  if (!found) throw new AppError('unavailable', 'The runtime engine lost the image that it had just taken.');
} // prettier-ignore
