/** The contract's harness for the fake: its commands are names that scripted behaviours go by. */
import type { RuntimeHarness } from '#server/runtime/contract-bench.ts';
import { FakeArtifactStore, FakeCapacityReader } from '#server/runtime/fake-stores.ts';
import { FakeRuntime } from '#server/runtime/fake.ts';
import type { FakeBehaviour } from '#server/runtime/fake.ts';
import { FakeVolumes } from '#server/volumes/fake.ts';

const image = 'slipway/11111111111111111111111111111111:1';
const behaviours: Record<keyof RuntimeHarness['commands'], FakeBehaviour> = {
  serve: { output: ['out', { stderr: 'err' }] },
  loopback: { ports: [{ port: 3000, loopbackOnly: true }] },
  crash: { output: ['one', 'two', 'three'], exit: { afterMs: 20, code: 7 } },
  flaky: { ports: [], exit: { afterMs: 100, code: 3 } },
  memory: { exit: { afterMs: 20, code: 137, outOfMemory: true } },
  deaf: { ports: [], termMs: 60_000 },
};

/** A runtime, its stores and its harness, all in memory. */
export function createFakeHarness(): RuntimeHarness {
  const artifacts = new FakeArtifactStore();
  artifacts.put(image, {}, false);
  const volumes: FakeVolumes = new FakeVolumes(() => runtime.volumeHolders());
  const runtime: FakeRuntime = new FakeRuntime({ volumes, hasImage: (reference) => artifacts.has(reference) });
  for (const [name, behaviour] of Object.entries(behaviours)) {
    runtime.behave((spec) => spec.command === name, behaviour);
  }
  let networks = 0;
  return {
    instances: runtime,
    sessions: runtime,
    artifacts,
    capacity: new FakeCapacityReader(),
    volumes,
    image,
    network: () => ({ bridge: `slw-test-${(networks += 1)}`, subnet: `10.9.${networks}.0/26` }),
    commands: {
      serve: 'serve',
      loopback: 'loopback',
      crash: 'crash',
      flaky: 'flaky',
      memory: 'memory',
      deaf: 'deaf',
    },
    dispose: () => Promise.resolve(),
  };
}
