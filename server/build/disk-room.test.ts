import { expect, test } from 'vitest';
import { builderFull, diskUse, isFull } from '#server/build/disk-room.ts';

const gib = 1024 ** 3;

test('a disk is full from 90 % on', () => {
  expect(isFull({ usedBytes: 89 * gib, totalBytes: 100 * gib })).toBe(false);
  expect(isFull({ usedBytes: 90 * gib, totalBytes: 100 * gib })).toBe(true);
});

test('the refusal names the disk and its figures', () =>
  expect(builderFull({ usedBytes: 93 * gib, totalBytes: 100 * gib })).toMatchObject({
    code: 'builder_disk_full',
    message: 'The disk for builds is 93 % full: 7.0 of 100.0 GiB are free, and its cache is empty already.',
  }));

test('a folder has a disk, and one that is not there has none', async () => {
  expect((await diskUse('/'))?.totalBytes).toBeGreaterThan(0);
  expect(await diskUse('/no/such/folder')).toBeNull();
});
