/**
 * Base images that were made here, kept as one archive for the next builder of the same machine: tests start one often.
 * Only while it is young, so that security updates of Debian arrive.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { randomBytes } from 'node:crypto';
import type { Engine } from '#server/runtime/docker/engine.ts';

const youngMs = 24 * 3_600_000;
const timeoutMs = 300_000;

/** @param key of all recipes: another one is another archive. */
export const cacheFile = (folder: string, key: string): string => path.join(folder, `base-${key.slice(0, 16)}.tar`);

const isYoung = async (file: string): Promise<boolean> =>
  stat(file).then(
    ({ mtimeMs }) => Date.now() - mtimeMs < youngMs,
    () => false,
  );

/** Loads the archive if there is a young one; one that the engine does not take is removed, and the images are made. */
export async function loadBaseImages(engine: Engine, file: string, signal: AbortSignal): Promise<void> {
  if (!(await isYoung(file))) return;
  const content = { type: 'application/x-tar', data: createReadStream(file) };
  let text = '';
  try {
    const answer = await engine.stream({ method: 'POST', path: '/images/load', content, timeoutMs, signal });
    for await (const chunk of answer ?? []) text = (text + chunk.toString('utf8')).slice(-4000);
  } catch (error) {
    signal.throwIfAborted();
    text = `"errorDetail" ${String(error)}`;
  }
  if (text.includes('"errorDetail"')) await rm(file, { force: true });
}

/** Keeps the images of these names, unless a young archive is there. It appears whole or not at all. */
export async function keepBaseImages(
  engine: Engine,
  file: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  if (await isYoung(file)) return;
  await mkdir(path.dirname(file), { recursive: true });
  const part = `${file}.${randomBytes(4).toString('hex')}`;
  try {
    const query = names.map((name) => `names=${encodeURIComponent(name)}`).join('&');
    const answer = await engine.stream({ method: 'GET', path: `/images/get?${query}`, timeoutMs, signal });
    if (!answer) return;
    await pipeline(answer, createWriteStream(part, { mode: 0o600 }), { signal });
    await rename(part, file);
  } finally {
    await rm(part, { force: true });
  }
}
