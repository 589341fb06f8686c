/** The contract's harness for volumes in memory. */
import { newId } from '#server/ids.ts';
import type { VolumeHarness } from '#server/volumes/contract.ts';
import { FakeVolumes } from '#server/volumes/fake.ts';

export function createFakeVolumeHarness(): VolumeHarness & { volumes: FakeVolumes } {
  const holders = new Map<string, string>();
  const volumes = new FakeVolumes(() => holders);
  const { signal } = new AbortController();
  return {
    volumes,
    enforced: true,
    write: async (id, name, text) => void volumes.files(id).set(name, text),
    read: async (id, name) => volumes.files(id).get(name) ?? null,
    use: (id) =>
      volumes.claim([id], newId('instance'), signal, async () => {
        holders.set(id, 'somebody');
        return async () => void holders.delete(id);
      }),
    reboot: async () => undefined,
    isThere: async (id) => [...volumes.ids().live, ...volumes.ids().trashed].includes(id),
    dispose: async () => undefined,
  };
}
