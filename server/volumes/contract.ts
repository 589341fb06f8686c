/** What every VolumeDriver does, whatever is behind it. A harness starts and stops something that uses a volume. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '#server/errors.ts';
import { newId } from '#server/ids.ts';
import type { VolumeDriver } from '#server/volumes/types.ts';

export interface VolumeHarness {
  volumes: VolumeDriver;
  /** False where sizes are not enforced. */
  enforced: boolean;
  /** A file of a volume; only while it is not in the trash. */
  write(id: string, name: string, text: string): Promise<void>;
  read(id: string, name: string): Promise<string | null>;
  /** An instance takes the volume until the answer is called. @throws conflict, not_found */
  use(id: string): Promise<() => Promise<void>>;
  /** Everything forgotten that only lives in memory or in the kernel, as after a reboot. */
  reboot(): Promise<void>;
  /** Whether anything of the volume is left. */
  isThere(id: string): Promise<boolean>;
  dispose(): Promise<void>;
}

const signal = AbortSignal.timeout(300_000);
const mib = 1024 ** 2;
const refused = async (call: Promise<unknown>, code: string): Promise<void> => {
  const error = await call.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ code });
  expect(error instanceof AppError && error.field).toMatch(/^volumes\.vol_/);
};

export function volumeContract(name: string, makeHarness: () => Promise<VolumeHarness>): void {
  describe(`volumes: ${name}`, () => {
    let made: VolumeHarness | null = null;
    const harness = (): VolumeHarness => {
      if (!made) throw new Error('The harness is made before the tests.');
      return made;
    };
    beforeAll(async () => {
      made = await makeHarness();
    });
    afterAll(() => made?.dispose());
    lifeTests(harness);
    ownerTests(harness);
    copyTests(harness);
  });
}

type Made = () => VolumeHarness;
async function create(harness: Made, size = 16 * mib): Promise<string> {
  const id = newId('volume');
  await harness().volumes.create({ id, sizeBytes: size }, signal);
  return id;
}
const usageOf = async (harness: Made, id: string) =>
  (await harness().volumes.usage(signal)).find((one) => one.id === id);

function lifeTests(harness: Made): void {
  it('keeps its content when it is made again, and over a reboot', async () => {
    const id = await create(harness);
    await harness().write(id, 'row', 'one');
    await harness().volumes.create({ id, sizeBytes: 16 * mib }, signal);
    await harness().reboot();
    expect(await harness().read(id, 'row')).toBe('one');
  });
  it('tells its size and what is used of it', async () => {
    const id = await create(harness);
    const before = await usageOf(harness, id);
    await harness().write(id, 'row', 'x'.repeat(mib));
    const after = await usageOf(harness, id);
    expect((after?.usedBytes ?? 0) - (before?.usedBytes ?? 0)).toBeGreaterThanOrEqual(mib);
    if (harness().enforced) expect(after?.sizeBytes).toBeGreaterThan(8 * mib);
    else expect(after?.sizeBytes).toBeNull();
  });
  it('grows and never shrinks', async () => {
    const id = await create(harness);
    const before = (await usageOf(harness, id))?.sizeBytes ?? null;
    expect(await harness().volumes.grow({ id, sizeBytes: 64 * mib }, signal)).toBe('done');
    expect(await harness().volumes.grow({ id, sizeBytes: 8 * mib }, signal)).toBe('done');
    const after = (await usageOf(harness, id))?.sizeBytes ?? null;
    if (before !== null) expect(after).toBeGreaterThan(before * 3);
  });
  it('that has grown in use has the new size at the next start at the latest', async () => {
    const id = await create(harness);
    await harness().write(id, 'row', 'kept');
    const free = await harness().use(id);
    await harness().volumes.grow({ id, sizeBytes: 64 * mib }, signal);
    await free();
    await (
      await harness().use(id)
    )();
    if (harness().enforced) expect((await usageOf(harness, id))?.sizeBytes).toBeGreaterThan(50 * mib);
    expect(await harness().read(id, 'row')).toBe('kept');
  });
  it('refuses a size that the disk has no room for', async () => {
    await refused(harness().volumes.create({ id: newId('volume'), sizeBytes: 2 ** 50 }, signal), 'conflict');
  });
  it('comes back from the trash as it was, and only from there it can be deleted', async () => {
    const id = await create(harness);
    await harness().write(id, 'row', 'one');
    await refused(harness().volumes.purge(id, signal), 'conflict');
    await harness().volumes.trash(id, signal);
    await harness().volumes.trash(id, signal);
    expect(await usageOf(harness, id)).toBeUndefined();
    await refused(harness().use(id), 'not_found');
    await refused(harness().volumes.create({ id, sizeBytes: mib }, signal), 'conflict');
    await harness().reboot();
    await harness().volumes.restore(id, signal);
    await harness().volumes.restore(id, signal);
    expect(await harness().read(id, 'row')).toBe('one');
    await harness().volumes.trash(id, signal);
    await harness().volumes.purge(id, signal);
    await harness().volumes.purge(id, signal);
    expect(await harness().isThere(id)).toBe(false);
  });
  it('says not_found for what is not there', async () => {
    const id = newId('volume');
    await refused(harness().volumes.trash(id, signal), 'not_found');
    await refused(harness().volumes.restore(id, signal), 'not_found');
    await refused(harness().volumes.grow({ id, sizeBytes: mib }, signal), 'not_found');
    await refused(harness().use(id), 'not_found');
  });
}

function ownerTests(harness: Made): void {
  it('belongs to one instance at a time', async () => {
    const id = await create(harness);
    const free = await harness().use(id);
    await refused(harness().use(id), 'conflict');
    await refused(harness().volumes.trash(id, signal), 'conflict');
    await refused(harness().volumes.copy(id, { id: newId('volume'), sizeBytes: 16 * mib }, signal), 'conflict');
    await free();
    await (
      await harness().use(id)
    )();
  });
  it('is given to one of many that ask at the same time', async () => {
    const id = await create(harness);
    const asked = await Promise.allSettled(Array.from({ length: 4 }, () => harness().use(id)));
    const given = asked.filter((one) => one.status === 'fulfilled');
    expect(given).toHaveLength(1);
    for (const one of given) await one.value();
  });
}

function copyTests(harness: Made): void {
  it('has a copy with the same content that lives apart', async () => {
    const id = await create(harness);
    await harness().write(id, 'row', 'one');
    const copy = newId('volume');
    await harness().volumes.copy(id, { id: copy, sizeBytes: 32 * mib }, signal);
    await harness().write(id, 'row', 'two');
    expect(await harness().read(copy, 'row')).toBe('one');
    if (harness().enforced) expect((await usageOf(harness, copy))?.sizeBytes).toBeGreaterThan(20 * mib);
    await (
      await harness().use(copy)
    )();
    await refused(harness().volumes.copy(id, { id: copy, sizeBytes: 32 * mib }, signal), 'conflict');
  });
  it('has a snapshot taken while it is in use', async () => {
    const id = await create(harness);
    await harness().write(id, 'row', 'one');
    const free = await harness().use(id);
    const copy = newId('volume');
    await harness().volumes.snapshot(id, { id: copy, sizeBytes: 16 * mib }, signal);
    await harness().write(id, 'row', 'two');
    await free();
    expect(await harness().read(copy, 'row')).toBe('one');
  });
}
