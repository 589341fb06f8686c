/** Chunk files: `<folder>/<stream id>/<first sequence>.zst`, newline-separated JSON under zstd. Written whole, then renamed. */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import * as z from 'zod';
import { logLevels } from '#server/domain/words.ts';
import type { LogLine } from '#server/logs/types.ts';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);
const storedLine = z.tuple([z.number(), z.string(), z.enum(logLevels), z.string()]);

const chunkPath = (folder: string, streamId: string, firstSeq: number): string =>
  path.join(folder, streamId, `${String(firstSeq).padStart(12, '0')}.zst`);

export async function writeChunk(folder: string, streamId: string, lines: readonly LogLine[]): Promise<number> {
  const first = lines[0];
  if (!first) return 0;
  const target = chunkPath(folder, streamId, first.seq);
  const text = lines.map((line) => JSON.stringify([line.seq, line.at, line.level, line.text])).join('\n');
  await mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
  await writeFile(`${target}.new`, await compress(text), { mode: 0o600 });
  await rename(`${target}.new`, target);
  return Buffer.byteLength(text);
}

export async function readChunk(folder: string, streamId: string, firstSeq: number): Promise<LogLine[]> {
  const text = (await decompress(await readFile(chunkPath(folder, streamId, firstSeq)))).toString('utf8');
  return text.split('\n').map((row) => {
    const [seq, at, level, content] = storedLine.parse(JSON.parse(row));
    return { seq, at, level, text: content };
  });
}

export const removeChunks = (folder: string, streamId: string): Promise<void> =>
  rm(path.join(folder, streamId), { recursive: true, force: true });
