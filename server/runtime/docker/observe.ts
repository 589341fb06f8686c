/**
 * What happens to instances: the engine's events say that something changed, an inspection says what. The engine's own
 * buffer of past events is short and lost on its restart, so every stream begins with a full list, and a list is made
 * again each minute.
 */
import { AppError, isAborted } from '#server/errors.ts';
import type { Engine } from '#server/runtime/docker/engine.ts';
import { observedState } from '#server/runtime/docker/inspect.ts';
import type { Containers } from '#server/runtime/docker/inspect.ts';
import { label, labelled } from '#server/runtime/docker/labels.ts';
import { splitLines } from '#server/runtime/docker/lines.ts';
import { missingState, type Observation, type ObservedState } from '#server/runtime/types.ts';
import * as z from 'zod';

const eventSchema = z.object({
  Action: z.string(),
  Actor: z.object({ Attributes: z.record(z.string(), z.string()) }),
});
const events = ['create', 'start', 'restart', 'oom', 'die', 'stop', 'destroy'];
const resyncMs = 60_000;

export class Observer {
  readonly #engine: Engine;
  readonly #containers: Containers;
  readonly #installationId: string;
  /** Instances with an oom event since their last start. */
  readonly #outOfMemory = new Set<string>();

  constructor(engine: Engine, containers: Containers, installationId: string) {
    this.#engine = engine;
    this.#containers = containers;
    this.#installationId = installationId;
  }

  async state(instanceId: string, signal: AbortSignal): Promise<ObservedState> {
    const container = await this.#containers.find(instanceId, signal);
    return container ? observedState(container, this.#outOfMemory.has(instanceId)) : missingState;
  }

  async *observe(signal: AbortSignal): AsyncGenerator<Observation> {
    const stop = new AbortController();
    const inner = AbortSignal.any([signal, stop.signal]);
    const due = new Set<string>();
    let wake: () => void = () => undefined;
    let failure: unknown = null;
    const timer = setInterval(() => {
      due.add('');
      wake();
    }, resyncMs);
    try {
      const stream = await this.#events(inner);
      // Subscribed before listing: nothing falls between the two.
      const reading = this.#collect(stream, (instanceId) => {
        due.add(instanceId);
        wake();
      })
        .catch((error: unknown) => {
          failure = error;
        })
        .finally(() => {
          failure ??= new AppError('unavailable', 'The engine ended its stream of events.');
          wake();
        });
      const known = await this.#all(inner);
      yield { kind: 'snapshot', instances: [...known].map(([instanceId, state]) => ({ instanceId, state })) };
      for (;;) {
        yield* this.#changes(due, known, inner);
        if (failure) throw failure;
        if (due.size > 0) continue;
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        await Promise.race([promise, reading]);
      }
    } catch (error) {
      if (signal.aborted && isAborted(error)) return;
      throw error;
    } finally {
      clearInterval(timer);
      stop.abort();
    }
  }

  async *#changes(
    due: Set<string>,
    known: Map<string, ObservedState>,
    signal: AbortSignal,
  ): AsyncGenerator<Observation> {
    const ids = new Set(due);
    due.clear();
    if (ids.delete('')) for (const id of [...known.keys(), ...(await this.#ids(signal))]) ids.add(id);
    for (const instanceId of ids) {
      const state = await this.state(instanceId, signal);
      if (JSON.stringify(known.get(instanceId)) === JSON.stringify(state)) continue;
      if (state.phase === 'missing') {
        this.#outOfMemory.delete(instanceId);
        if (!known.delete(instanceId)) continue;
      } else known.set(instanceId, state);
      yield { kind: 'changed', instanceId, state };
    }
  }

  async #events(signal: AbortSignal): Promise<AsyncIterable<Buffer>> {
    const filters = labelled({ [label.installation]: this.#installationId }, { type: ['container'], event: events });
    const stream = await this.#engine.stream({ method: 'GET', path: '/events', query: { filters }, signal });
    if (!stream) throw new AppError('unavailable', 'The engine has no events.');
    return stream;
  }

  async #collect(stream: AsyncIterable<Buffer>, changed: (instanceId: string) => void): Promise<void> {
    for await (const line of splitLines(stream)) {
      const event = eventSchema.parse(JSON.parse(line));
      const instanceId = event.Actor.Attributes[label.instance];
      if (instanceId === undefined) continue;
      if (event.Action === 'start') this.#outOfMemory.delete(instanceId);
      if (event.Action === 'oom') this.#outOfMemory.add(instanceId);
      changed(instanceId);
    }
  }

  async #ids(signal: AbortSignal): Promise<string[]> {
    return (await this.#containers.list({}, false, signal)).map((entry) => entry.instanceId);
  }

  async #all(signal: AbortSignal): Promise<Map<string, ObservedState>> {
    const states = new Map<string, ObservedState>();
    for (const instanceId of await this.#ids(signal)) {
      const state = await this.state(instanceId, signal);
      if (state.phase !== 'missing') states.set(instanceId, state);
    }
    return states;
  }
}
