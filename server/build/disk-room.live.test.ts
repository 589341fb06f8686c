import { rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { diskUse, isFull } from '#server/build/disk-room.ts';
import { createBuildEngine } from '#server/build/engine.ts';
import { startTestBuilder, testBase, type TestBuilder } from '#server/build/testing.ts';
import type { BuildEngine, BuildRequest, BuildResult } from '#server/build/types.ts';
import { execOk } from '#server/exec.ts';

let builder: TestBuilder;
let engine: BuildEngine;
beforeAll(async () => {
  builder = await startTestBuilder({ diskGib: 3, memoryMib: 1024 });
  engine = createBuildEngine(builder.config);
});
afterAll(() => builder.remove());
const build = (request: BuildRequest): Promise<BuildResult> =>
  engine.build(request, () => undefined, new AbortController().signal);
const simple = (text: string, change?: Partial<BuildRequest>): Promise<BuildRequest> =>
  builder.request(`FROM ${testBase}\nRUN ${text}\n`, change);

it('waits while another build fills the disk, and is built when that has ended', async () => {
  const fill = 'for i in $(seq 100); do fallocate -l 50M /big$i || break; done; sleep 30';
  const greedy = build(await simple(fill));
  const part = async () => isFull((await diskUse(builder.paths.data)) ?? { usedBytes: 0, totalBytes: 1 });
  await expect.poll(part, { interval: 5, timeout: 30_000 }).toBe(true);
  expect((await build(await simple('echo late', { cacheNamespace: 'late' }))).kind).toBe('built');
  expect(await greedy).toMatchObject({ code: 'build_disk_full' });
});

it('refuses builds at 90 %, after its cache is gone, and builds again when there is room', async () => {
  const file = path.join(builder.paths.data, 'filler');
  const use = await diskUse(builder.paths.data);
  const bytes = Math.floor((use?.totalBytes ?? 0) * 0.93 - (use?.usedBytes ?? 0));
  await execOk('fallocate', ['-l', String(bytes), file]);
  try {
    const result = await build(await simple('echo full'));
    expect(result).toMatchObject({ kind: 'failed', code: 'builder_disk_full' });
    if (result.kind === 'failed') expect(result.message).toMatch(/^The disk for builds is 9\d % full/);
  } finally {
    await rm(file, { force: true });
  }
  expect((await build(await simple('echo room'))).kind).toBe('built');
});
