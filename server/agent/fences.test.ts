import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMemoryFences, openFences } from '#server/agent/fences.ts';

const { signal } = new AbortController();
const done = (): Promise<string> => Promise.resolve('done');

describe('fences', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'slipway-fences-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('admits equal and higher numbers and refuses lower ones, scope by scope', async () => {
    const fences = createMemoryFences();
    await fences.run({ scope: 'rel_1', number: 5 }, signal, done);
    expect(await fences.run({ scope: 'rel_1', number: 5 }, signal, done)).toBe('done');
    expect(await fences.run({ scope: 'rel_2', number: 1 }, signal, done)).toBe('done');
    await fences.run({ scope: 'rel_1', number: 6 }, signal, done);
    await expect(fences.run({ scope: 'rel_1', number: 5 }, signal, done)).rejects.toMatchObject({ code: 'fenced' });
  });

  it('remembers over a restart, and before the admitted call runs', async () => {
    const file = path.join(folder, 'agent', 'fences.json');
    const fences = await openFences(file);
    const stored = await fences.run({ scope: 'rel_1', number: 7 }, signal, () => readFile(file, 'utf8'));
    expect(JSON.parse(stored)).toEqual([['rel_1', 7]]);
    const reopened = await openFences(file);
    await expect(reopened.run({ scope: 'rel_1', number: 6 }, signal, done)).rejects.toMatchObject({ code: 'fenced' });
  });

  it('refuses to open a damaged file', async () => {
    const file = path.join(folder, 'fences.json');
    await writeFile(file, '{"rel_1":');
    await expect(openFences(file)).rejects.toThrow();
  });

  it('aborts what an older number still has in flight', async () => {
    const fences = createMemoryFences();
    const { promise, reject } = Promise.withResolvers<never>();
    const old = fences.run({ scope: 'rel_1', number: 1 }, signal, (inner) => {
      inner.addEventListener('abort', () => reject(inner.reason));
      return promise;
    });
    const refused = expect(old).rejects.toMatchObject({ code: 'fenced' });
    expect(await fences.run({ scope: 'rel_1', number: 2 }, signal, done)).toBe('done');
    await refused;
  });
});
