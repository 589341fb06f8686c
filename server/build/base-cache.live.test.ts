import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { cacheFile, keepBaseImages, loadBaseImages } from '#server/build/base-cache.ts';
import { startTestBuilder, testBase, type TestBuilder } from '#server/build/testing.ts';

const signal = new AbortController().signal;
let builder: TestBuilder;
let folder: string;
beforeAll(async () => {
  builder = await startTestBuilder({ diskGib: 2, memoryMib: 512 });
  folder = await mkdtemp(path.join(tmpdir(), 'slipway-base-cache-'));
}, 60_000);
afterAll(async () => {
  await builder.remove();
  await rm(folder, { recursive: true });
});
const image = `/images/${encodeURIComponent(testBase)}`;
const imageId = async (): Promise<string | undefined> =>
  (await builder.engine.json(z.object({ Id: z.string() }), { method: 'GET', path: `${image}/json`, signal }))?.Id;
const remove = () => builder.engine.act({ method: 'DELETE', path: image, signal });

test('images come back from the archive under their names, and only from a young and whole one', async () => {
  const file = cacheFile(folder, 'f'.repeat(64));
  const before = await imageId();
  await keepBaseImages(builder.engine, file, [testBase], signal);
  expect(await readdir(folder)).toEqual([path.basename(file)]);
  await remove();
  await loadBaseImages(builder.engine, file, signal);
  expect(await imageId()).toBe(before);

  await remove();
  const yesterday = new Date(Date.now() - 25 * 3_600_000);
  await utimes(file, yesterday, yesterday);
  await loadBaseImages(builder.engine, file, signal);
  expect(await imageId()).toBeUndefined();

  await writeFile(file, 'no archive');
  await loadBaseImages(builder.engine, file, signal);
  await expect(stat(file)).rejects.toMatchObject({ code: 'ENOENT' });
});
