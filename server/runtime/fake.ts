/**
 * The runtime without an engine: a real implementation of both runtime ports in memory, for the tests of everything that
 * is written against them. It passes `contract.ts`. Tests script what images do and break the engine on purpose.
 */
import { isDeepStrictEqual } from 'node:util';
import { systemClock } from '#server/clock.ts';
import type { Clock } from '#server/clock.ts';
import { AppError, notFound } from '#server/errors.ts';
import { FakeInstance } from '#server/runtime/fake-instance.ts';
import type { FakeBehaviour } from '#server/runtime/fake-instance.ts';
import { missingState } from '#server/runtime/types.ts';
import type {
  ConsoleLine,
  InstanceDriver,
  InstanceSpec,
  InstanceStats,
  ListeningPort,
  NetworkSpec,
  Observation,
  ObservedState,
  SessionDriver,
} from '#server/runtime/types.ts';
import type { VolumeClaims } from '#server/volumes/types.ts';

export type { FakeBehaviour };

/** `hasImage` says which references the engine holds; all of them when it is left out. */
export class FakeRuntime implements InstanceDriver, SessionDriver {
  readonly #clock: Clock;
  readonly #hasImage: (reference: string) => boolean;
  readonly #volumes: VolumeClaims | null;
  readonly #scripts: { matches: (spec: InstanceSpec) => boolean; behaviour: FakeBehaviour }[] = [];
  readonly #instances = new Map<string, FakeInstance>();
  readonly #networks = new Map<string, NetworkSpec>();
  readonly #watchers = new Set<(instance: FakeInstance) => void>();
  #away = new AbortController();

  constructor(options: { clock?: Clock; hasImage?: (reference: string) => boolean; volumes?: VolumeClaims } = {}) {
    this.#volumes = options.volumes ?? null;
    this.#clock = options.clock ?? systemClock;
    this.#hasImage = options.hasImage ?? (() => true);
  }

  // What tests do to it

  /** Instances started from now on that match act so; the newest match wins. */
  behave(matches: (spec: InstanceSpec) => boolean, behaviour: FakeBehaviour): void {
    this.#scripts.unshift({ matches, behaviour });
  }
  /** The main process ends with this code now. */
  crash(instanceId: string, code = 1, outOfMemory = false): void {
    this.#instances.get(instanceId)?.end(code, outOfMemory);
  }
  print(instanceId: string, text: string, stream: ConsoleLine['stream'] = 'stdout'): void {
    this.#instances.get(instanceId)?.print(text, stream);
  }
  /** Every call throws `unavailable` and open streams end so, until `comeBack`. Instances live on. */
  goAway(): void {
    this.#away.abort();
  }
  comeBack(): void {
    this.#away = new AbortController();
  }
  specs(): InstanceSpec[] {
    return [...this.#instances.values()].map((instance) => instance.spec);
  }
  runningIds(): string[] {
    return [...this.#instances.values()].filter((instance) => instance.running).map((instance) => instance.spec.id);
  }
  networks(): NetworkSpec[] {
    return [...this.#networks.values()];
  }
  /** Volume → the instance that has it, as `VolumeClaims` understands it. */
  volumeHolders(): Map<string, string> {
    const having = [...this.#instances.values()].filter(
      ({ state, keepAlive }) => keepAlive || state.phase === 'running' || state.phase === 'restarting',
    );
    return new Map(having.flatMap(({ spec }) => (spec.volumes ?? []).map((one) => [one.volumeId, spec.id] as const)));
  }
  isKeptAlive(instanceId: string): boolean {
    return this.#instances.get(instanceId)?.keepAlive ?? false;
  }

  // InstanceDriver

  async ensureNetwork(spec: NetworkSpec, signal: AbortSignal): Promise<void> {
    await this.#enter(signal);
    const known = this.#networks.get(spec.deploymentId);
    if (known && !isDeepStrictEqual(known, spec)) throw conflict('The network exists with other settings.');
    const taken = [...this.#networks.values()].some(
      (other) =>
        other.deploymentId !== spec.deploymentId && (other.bridge === spec.bridge || other.subnet === spec.subnet),
    );
    if (taken) throw conflict('Another deployment has this bridge or subnet.');
    this.#networks.set(spec.deploymentId, spec);
  }

  async removeNetwork(deploymentId: string, signal: AbortSignal): Promise<void> {
    await this.#enter(signal);
    const attached = this.specs().some((spec) => spec.deploymentId === deploymentId);
    if (attached) throw conflict('Instances are attached to the network.');
    this.#networks.delete(deploymentId);
  }

  async start(spec: InstanceSpec, signal: AbortSignal): Promise<void> {
    await this.#enter(signal);
    const known = this.#instances.get(spec.id);
    if (known) {
      if (!isDeepStrictEqual(known.spec, spec)) throw conflict('The instance exists with another spec.');
      return;
    }
    if (!this.#hasImage(spec.image)) throw new AppError('not_found', 'The image is not in the engine.');
    if (!isDeepStrictEqual(this.#networks.get(spec.deploymentId), spec.network))
      throw conflict('The network of the deployment is missing.');
    // Like the engine, which frees an address when a container ends.
    const taken = [...this.#instances.values()].some(
      (other) => other.spec.address === spec.address && other.state.phase !== 'exited',
    );
    if (taken) throw conflict('The address is taken.');
    const volumeIds = (spec.volumes ?? []).map((one) => one.volumeId);
    if (volumeIds.length > 0 && !this.#volumes) throw new AppError('internal', 'This runtime has no volumes.');
    await (this.#volumes ?? noVolumes).claim(volumeIds, spec.id, signal, async () => this.#boot(spec));
  }

  #boot(spec: InstanceSpec): void {
    const script = this.#scripts.find((candidate) => candidate.matches(spec));
    const instance = new FakeInstance(structuredClone(spec), script?.behaviour ?? {}, this.#clock, (changed) => {
      for (const watcher of this.#watchers) watcher(changed);
    });
    this.#instances.set(spec.id, instance);
    instance.boot();
  }

  async keepAlive(instanceId: string, on: boolean, signal: AbortSignal): Promise<void> {
    await this.#enter(signal);
    const instance = this.#instances.get(instanceId);
    if (instance) instance.keepAlive = on;
    else if (on) throw notFound();
  }

  async stop(instanceId: string, graceMs: number, signal: AbortSignal): Promise<void> {
    await this.#enter(signal);
    await this.#instances.get(instanceId)?.stop(graceMs, signal);
  }

  async remove(instanceId: string, signal: AbortSignal): Promise<void> {
    await this.#enter(signal);
    const instance = this.#instances.get(instanceId);
    this.#instances.delete(instanceId);
    instance?.remove();
  }

  async *observe(signal: AbortSignal): AsyncGenerator<Observation> {
    await this.#enter(signal);
    const queue: Observation[] = [
      {
        kind: 'snapshot',
        instances: [...this.#instances.values()].map(({ spec, state }) => ({ instanceId: spec.id, state })),
      },
    ];
    const last = new Map<string, ObservedState>();
    yield* this.#watch(signal, queue, ({ spec, state }) => {
      if (last.get(spec.id) === state) return;
      last.set(spec.id, state);
      queue.push({ kind: 'changed', instanceId: spec.id, state });
    });
  }

  async inspect(instanceId: string, signal: AbortSignal): Promise<ObservedState> {
    await this.#enter(signal);
    return this.#instances.get(instanceId)?.state ?? missingState;
  }

  async stats(signal: AbortSignal): Promise<InstanceStats[]> {
    await this.#enter(signal);
    const now = this.#clock.now().getTime();
    return [...this.#instances.values()]
      .filter((instance) => instance.running)
      .map(({ spec, state }) => ({
        instanceId: spec.id,
        cpuMicros: Math.max(0, now - Date.parse(state.startedAt ?? '')) * spec.cpuMillis,
        memoryBytes: spec.memoryMib * 512 * 1024,
        memoryLimitBytes: spec.memoryMib * 1024 * 1024,
        processes: 1,
        receivedBytes: 0,
        sentBytes: 0,
        readBytes: 0,
        writtenBytes: 0,
      }));
  }

  // SessionDriver

  async *logs(
    instanceId: string,
    options: { since: string | null; follow: boolean; tail?: number },
    signal: AbortSignal,
  ): AsyncGenerator<ConsoleLine> {
    const instance = await this.#get(instanceId, signal);
    const before = instance.lines.filter((line) => options.since === null || line.at > options.since);
    const queue = options.tail === undefined ? before : before.slice(Math.max(0, before.length - options.tail));
    if (!options.follow) return yield* queue;
    let sent = instance.lines.length;
    const ended = (): boolean => !instance.running && instance.state.phase !== 'restarting';
    yield* this.#watch(
      signal,
      queue,
      (changed) => {
        if (changed !== instance) return;
        queue.push(...instance.lines.slice(sent));
        sent = instance.lines.length;
      },
      ended,
    );
  }

  async listening(instanceId: string, signal: AbortSignal): Promise<ListeningPort[]> {
    return [...(await this.#get(instanceId, signal)).ports];
  }

  async accepts(address: string, port: number, _timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    await this.#enter(signal);
    return this.#at(address, port) !== undefined;
  }

  async httpStatus(
    address: string,
    port: number,
    path: string,
    _timeoutMs: number,
    signal: AbortSignal,
  ): Promise<number | null> {
    await this.#enter(signal);
    return this.#at(address, port)?.answer(path) ?? null;
  }

  /** Yields what `note` puts into the queue until the signal fires, `ended` holds, or the engine goes away. */
  async *#watch<T>(
    signal: AbortSignal,
    queue: T[],
    note: (instance: FakeInstance) => void,
    ended: () => boolean = () => false,
  ): AsyncGenerator<T> {
    let wake: () => void = () => undefined;
    const away = this.#away.signal;
    const watcher = (instance: FakeInstance): void => {
      note(instance);
      wake();
    };
    const onAbort = (): void => wake();
    this.#watchers.add(watcher);
    signal.addEventListener('abort', onAbort);
    away.addEventListener('abort', onAbort);
    try {
      for (;;) {
        for (let next = queue.shift(); next !== undefined && !signal.aborted; next = queue.shift()) yield next;
        if (signal.aborted || ended()) return;
        if (away.aborted) throw unavailable();
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        await promise;
      }
    } finally {
      this.#watchers.delete(watcher);
      signal.removeEventListener('abort', onAbort);
      away.removeEventListener('abort', onAbort);
    }
  }

  async #get(instanceId: string, signal: AbortSignal): Promise<FakeInstance> {
    await this.#enter(signal);
    const instance = this.#instances.get(instanceId);
    if (!instance) throw notFound();
    return instance;
  }
  #at(address: string, port: number): FakeInstance | undefined {
    return [...this.#instances.values()].find(
      (instance) =>
        instance.spec.address === address && instance.ports.some((open) => open.port === port && !open.loopbackOnly),
    );
  }
  /** Every call passes here, one turn of the event loop later than it was made. */
  async #enter(signal: AbortSignal): Promise<void> {
    await Promise.resolve();
    if (signal.aborted) throw new AppError('aborted', 'Cancelled.', { cause: signal.reason });
    if (this.#away.signal.aborted) throw unavailable();
  }
}

const noVolumes: VolumeClaims = { claim: (_ids, _instanceId, _signal, start) => start(new Map()) };
const conflict = (message: string): AppError => new AppError('conflict', message);
const unavailable = (): AppError => new AppError('unavailable', 'The engine is away.');
