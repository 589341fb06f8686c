import { volumeContract } from '#server/volumes/contract.ts';
import { createFakeVolumeHarness } from '#server/volumes/fake-harness.ts';

volumeContract('fake', () => Promise.resolve(createFakeVolumeHarness()));
