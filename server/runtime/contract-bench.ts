/** The harness of the runtime's contract and the steps that its tests share. */
import { afterAll, afterEach, beforeAll, expect, vi } from 'vitest';
import { newId } from '#server/ids.ts';
import type {
  ArtifactStore,
  CapacityReader,
  ConsoleLine,
  InstanceDriver,
  InstanceSpec,
  NetworkSpec,
  ObservedState,
  SessionDriver,
} from '#server/runtime/types.ts';
import type { VolumeDriver } from '#server/volumes/types.ts';

export interface RuntimeHarness {
  instances: InstanceDriver;
  sessions: SessionDriver;
  artifacts: ArtifactStore;
  capacity: CapacityReader;
  volumes: VolumeDriver;
  /** A reference that the engine holds; the suite removes nothing of it. */
  image: string;
  /** A network that nothing else uses. */
  network(): Omit<NetworkSpec, 'deploymentId'>;
  commands: {
    /** Writes "out" to stdout and "err" to stderr, then answers GET / with 200 on `PORT`. */
    serve: string;
    /** As `serve`, but on 127.0.0.1 only, and silent. */
    loopback: string;
    /** Writes "one", "two", "three", then exits with 7. */
    crash: string;
    /** Exits with 3 half a second after its start. */
    flaky: string;
    /** Killed by the kernel for memory. */
    memory: string;
    /** Does nothing and ignores SIGTERM. */
    deaf: string;
  };
  dispose(): Promise<void>;
}

export const signal = AbortSignal.timeout(300_000);
export const until = { timeout: 15_000, interval: 25 };
export const refused = async (call: Promise<unknown>, code: string): Promise<void> =>
  expect(call).rejects.toMatchObject({ code });

/** Makes deployments and instances for one suite and removes them after each test. */
export class Bench {
  readonly #made: () => Promise<RuntimeHarness>;
  readonly #started: string[] = [];
  readonly #deployments: string[] = [];
  #harness: RuntimeHarness | null = null;

  constructor(make: () => Promise<RuntimeHarness>) {
    this.#made = make;
  }
  get harness(): RuntimeHarness {
    if (!this.#harness) throw new Error('The harness is made before the tests.');
    return this.#harness;
  }
  /** Registers the hooks of a suite. */
  attach(): void {
    beforeAll(async () => {
      this.#harness = await this.#made();
    });
    afterEach(async () => {
      for (const id of this.#started.splice(0)) await this.harness.instances.remove(id, signal);
      for (const id of this.#deployments.splice(0)) await this.harness.instances.removeNetwork(id, signal);
    });
    afterAll(() => this.#harness?.dispose());
  }

  async deployment(): Promise<NetworkSpec> {
    const network = { deploymentId: newId('deployment'), ...this.harness.network() };
    await this.harness.instances.ensureNetwork(network, signal);
    this.#deployments.push(network.deploymentId);
    return network;
  }
  spec(network: NetworkSpec, command: string, change: Partial<InstanceSpec> = {}): InstanceSpec {
    return {
      id: newId('instance'),
      deploymentId: network.deploymentId,
      componentId: newId('component'),
      releaseId: newId('release'),
      role: 'serving',
      image: this.harness.image,
      command,
      env: { PORT: '3000' },
      network,
      address: network.subnet.replace(/\.(\d+)\/26$/, (_all, last) => `.${Number(last) + 2}`),
      aliases: ['web'],
      cpuMillis: 500,
      memoryMib: 32,
      stopGraceSeconds: 30,
      ...change,
    };
  }
  /** A volume of its own kind of storage; the harness's end removes it. */
  async volume(): Promise<string> {
    const id = newId('volume');
    await this.harness.volumes.create({ id, sizeBytes: 16 * 1024 ** 2 }, signal);
    return id;
  }
  async start(spec: InstanceSpec): Promise<InstanceSpec> {
    this.#started.push(spec.id);
    await this.harness.instances.start(spec, signal);
    return spec;
  }
  /** An instance alone in its deployment. */
  async run(command: keyof RuntimeHarness['commands'], change: Partial<InstanceSpec> = {}): Promise<InstanceSpec> {
    return this.start(this.spec(await this.deployment(), this.harness.commands[command], change));
  }
  /** An instance that accepts connections on 3000. */
  async serving(): Promise<InstanceSpec> {
    const spec = await this.run('serve');
    await vi.waitFor(
      async () => expect(await this.harness.sessions.accepts(spec.address, 3000, 500, signal)).toBe(true),
      until,
    );
    return spec;
  }
  exited(instanceId: string): Promise<ObservedState> {
    return vi.waitFor(async () => {
      const state = await this.harness.instances.inspect(instanceId, signal);
      expect(state.phase).toBe('exited');
      return state;
    }, until);
  }
  async read(
    instanceId: string,
    options: { since?: string | null; follow?: boolean; tail?: number } = {},
  ): Promise<ConsoleLine[]> {
    const lines: ConsoleLine[] = [];
    const all = { since: null, follow: false, ...options };
    for await (const line of this.harness.sessions.logs(instanceId, all, signal)) lines.push(line);
    return lines;
  }
}
