import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { newId } from '#server/ids.ts';
import { createLogger } from '#server/log.ts';
import { volumeContract } from '#server/volumes/contract.ts';
import type { VolumeHarness } from '#server/volumes/contract.ts';
import { LocalVolumes, releaseVolumes } from '#server/volumes/local/driver.ts';
import { Places } from '#server/volumes/local/places.ts';

const signal = AbortSignal.timeout(300_000);
const log = createLogger({}, () => undefined);

async function localHarness(plain: boolean): Promise<VolumeHarness & { volumes: LocalVolumes; places: Places }> {
  const stateDir = await mkdtemp(path.join(tmpdir(), 'slipway-volumes-'));
  const places = new Places(stateDir);
  const holders = new Map<string, string>();
  const holdersOf = async (id: string) => [holders.get(id) ?? []].flat();
  const open = () => LocalVolumes.open(stateDir, { holders: holdersOf, log, signal, plain });
  let volumes = await open();
  return {
    places,
    get volumes() {
      return volumes;
    },
    enforced: !plain,
    write: (id, name, text) => writeFile(path.join(places.of('live', id).data, name), text, { flush: true }),
    read: (id, name) => readFile(path.join(places.of('live', id).data, name), 'utf8').catch(() => null),
    async use(id) {
      const instance = newId('instance');
      await volumes.claim([id], instance, signal, async () => void holders.set(id, instance));
      return async () => void holders.delete(id);
    },
    async reboot() {
      if (!plain) await releaseVolumes(stateDir, signal);
      volumes = await open();
    },
    isThere: async (id) => ['live', 'trash', 'new'].some((part) => existsSync(path.join(places.root, part, id))),
    async dispose() {
      await releaseVolumes(stateDir, signal);
      await rm(stateDir, { recursive: true, force: true });
      expect(execFileSync('losetup', ['--all'], { encoding: 'utf8' })).not.toContain(stateDir);
    },
  };
}

volumeContract('images on loop devices', () => localHarness(false));
volumeContract('plain folders', () => localHarness(true));

describe('an image', () => {
  it('that is full refuses more and leaves the machine alone', async () => {
    const harness = await localHarness(false);
    try {
      const id = newId('volume');
      await harness.volumes.create({ id, sizeBytes: 16 * 1024 ** 2 }, signal);
      await expect(harness.write(id, 'much', 'x'.repeat(32 * 1024 ** 2))).rejects.toMatchObject({ code: 'ENOSPC' });
    } finally {
      await harness.dispose();
    }
  });

  it('that is not mounted has a mount point that nobody can write to, and gives no instance its folder', async () => {
    const harness = await localHarness(false);
    try {
      const id = newId('volume');
      await harness.volumes.create({ id, sizeBytes: 16 * 1024 ** 2 }, signal);
      const place = harness.places.of('live', id);
      execFileSync('umount', [place.point]);
      await expect(writeFile(path.join(place.point, 'marker'), id)).rejects.toThrow();
      expect(existsSync(place.data)).toBe(false);
      // The next start mounts it again.
      const free = await harness.use(id);
      expect(readFileSync(place.marker, 'utf8').trim()).toBe(id);
      await free();
    } finally {
      await harness.dispose();
    }
  });

  it('of another volume under its name starts nothing', async () => {
    const harness = await localHarness(false);
    try {
      const [one, two] = [newId('volume'), newId('volume')];
      for (const id of [one, two]) await harness.volumes.create({ id, sizeBytes: 16 * 1024 ** 2 }, signal);
      await writeFile(harness.places.of('live', one).marker, `${two}\n`);
      await expect(harness.use(one)).rejects.toMatchObject({ code: 'not_found', field: `volumes.${one}` });
    } finally {
      await harness.dispose();
    }
  });

  it('is never attached to two devices', async () => {
    const harness = await localHarness(false);
    try {
      const id = newId('volume');
      await harness.volumes.create({ id, sizeBytes: 16 * 1024 ** 2 }, signal);
      const place = harness.places.of('live', id);
      const devices = () => execFileSync('losetup', ['-j', place.disk], { encoding: 'utf8' }).trim().split('\n');
      execFileSync('umount', [place.point]); // the device stays, as when a container still has the mount
      await harness.volumes.mountAll(signal);
      expect(devices()).toHaveLength(1);
    } finally {
      await harness.dispose();
    }
  });
});
