/**
 * Reads layers from the builder's own disk, where an engine keeps for each the files and the recipe of its exact tar
 * (tar-split). Saving an image through the API would pack its whole base each time; this packs only what is new.
 */
import { createReadStream } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import path from 'node:path';
import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import * as z from 'zod';

const hexDigest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const entrySchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal(1), name: z.string().optional(), name_raw: z.string().optional(), size: z.number().optional() }),
  z.object({ type: z.literal(2), payload: z.string().nullish() }),
]); // prettier-ignore

const bare = (digest: string): string => hexDigest.parse(digest).slice('sha256:'.length);

/** Names a layer by itself and everything below it, as engines do. */
export function chainIds(diffIds: readonly string[]): string[] {
  const chains: string[] = [];
  for (const diffId of diffIds) {
    const below = chains.at(-1);
    chains.push(below === undefined ? diffId : `sha256:${createHash('sha256').update(`${below} ${diffId}`).digest('hex')}`);
  }
  return chains;
} // prettier-ignore

export interface LayerFiles {
  /** The image's configuration, byte for byte: its digest is the image id. */
  configuration(imageId: string): Promise<Buffer>;
  sizeBytes(chainId: string): Promise<number>;
  /** The layer's tar, byte for byte. */
  tar(chainId: string): AsyncIterable<Buffer>;
}

/** Null when the engine with this data root keeps its images in another way. */
export async function openLayerFiles(dataRoot: string): Promise<LayerFiles | null> {
  const layers = path.join(dataRoot, 'image', 'overlay2', 'layerdb', 'sha256');
  const images = path.join(dataRoot, 'image', 'overlay2', 'imagedb', 'content', 'sha256');
  const present = await Promise.all(
    [layers, images].map((folder) =>
      access(folder).then(
        () => true,
        () => false,
      ),
    ),
  );
  if (present.includes(false)) return null; // prettier-ignore
  const at = (chainId: string, file: string): string => path.join(layers, bare(chainId), file);

  async function* entries(chainId: string): AsyncGenerator<z.output<typeof entrySchema>> {
    const recipe = createReadStream(at(chainId, 'tar-split.json.gz')).pipe(createGunzip());
    for await (const line of createInterface({ input: recipe, crlfDelay: Infinity }))
      if (line !== '') yield entrySchema.parse(JSON.parse(line));
  }
  async function* tar(chainId: string): AsyncGenerator<Buffer> {
    const folder = z.string().regex(/^[a-z0-9]+$/).parse((await readFile(at(chainId, 'cache-id'), 'utf8')).trim()); // prettier-ignore
    const files = path.join(dataRoot, 'overlay2', folder, 'diff');
    for await (const entry of entries(chainId)) {
      if (entry.type === 2) yield Buffer.from(entry.payload ?? '', 'base64');
      else if (entry.size) yield* contents(files, entry);
    }
  }
  return {
    configuration: (imageId) => readFile(path.join(images, bare(imageId))),
    async sizeBytes(chainId) {
      let total = 0;
      for await (const entry of entries(chainId))
        total += entry.type === 2 ? Buffer.byteLength(entry.payload ?? '', 'base64') : (entry.size ?? 0);
      return total;
    },
    tar,
  };
}

/** Names come from the engine's own record of the layer; the file is opened by bytes, because names need not be text. */
async function* contents(
  folder: string,
  entry: { name?: string | undefined; name_raw?: string | undefined; size?: number | undefined },
): AsyncGenerator<Buffer> {
  const name = entry.name_raw === undefined ? Buffer.from(entry.name ?? '') : Buffer.from(entry.name_raw, 'base64');
  const file = Buffer.concat([Buffer.from(`${folder}/`), name]);
  const size = entry.size ?? 0;
  if (size <= 65_536) {
    yield await readFile(file);
    return;
  }
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 }))
    yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
}
