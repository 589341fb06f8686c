/** Writes down what containers and the edge's routes did while scenarios ran, from the outside: the engine's events, the edge's file. */
import { readFileSync, statSync, watch, type FSWatcher } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { Engine } from '#server/runtime/docker/engine.ts';
import type { ContainerEvent, Published } from '#server/release/history.ts';
import type { Machine } from '#e2e/faults/machine.ts';

const eventSchema = z.object({
  Action: z.string(),
  Actor: z.object({ Attributes: z.record(z.string(), z.string()) }),
  timeNano: z.number(),
});
const stateSchema = z.object({
  deployments: z.record(
    z.string(),
    z.object({
      publication: z.object({
        deploymentId: z.string(),
        releaseId: z.string(),
        generation: z.number(),
        targets: z.array(z.object({ servers: z.array(z.object({ name: z.string() })), hold: z.unknown().optional() })),
      }),
    }),
  ),
});
const kinds: Record<string, ContainerEvent['kind']> = {
  create: 'created',
  start: 'started',
  kill: 'stopping',
  destroy: 'removed',
};

export class Recorder {
  readonly containers: ContainerEvent[] = [];
  readonly published: Published[] = [];
  readonly #machine: Machine;
  readonly #stop = new AbortController();
  readonly #seen = new Set<string>();
  readonly #generations = new Map<string, number>();
  #watcher: FSWatcher | null = null;
  #following: Promise<void> | null = null;

  constructor(machine: Machine) {
    this.#machine = machine;
  }
  start(): this {
    const folder = path.join(this.#machine.stateDir, 'edge');
    this.#watcher = watch(folder, () => this.#look(path.join(folder, 'state.json')));
    this.#following = this.#follow();
    return this;
  }
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#watcher?.close();
    await this.#following;
  }

  #look(file: string): void {
    let text: string;
    let at: number;
    try {
      text = readFileSync(file, 'utf8');
      at = statSync(file).mtimeMs;
    } catch {
      return; // it is being replaced
    }
    for (const { publication } of Object.values(stateSchema.parse(JSON.parse(text)).deployments)) {
      const { deploymentId, releaseId, generation, targets } = publication;
      if ((this.#generations.get(deploymentId) ?? 0) >= generation) continue;
      this.#generations.set(deploymentId, generation);
      const servers = targets.flatMap((target) => (target.hold ? [] : target.servers.map((server) => server.name)));
      this.published.push({ at, deploymentId, releaseId, generation, servers });
    }
  }

  /** Events are asked for again from the last one on when the engine was away. */
  async #follow(): Promise<void> {
    const engine = new Engine(this.#machine.engine.socket);
    const { signal } = this.#stop;
    const filters = JSON.stringify({ type: ['container'], label: [`slipway.installation=${this.#machine.installationId}`] }); // prettier-ignore
    let since = (Date.now() / 1000).toFixed(3);
    while (!signal.aborted) {
      try {
        const stream = await engine.stream({ method: 'GET', path: '/events', query: { since, filters }, timeoutMs: 3_600_000, signal }); // prettier-ignore
        let rest = '';
        for await (const chunk of stream ?? []) {
          const lines = (rest + chunk.toString('utf8')).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) if (line.trim() !== '') since = this.#event(line);
        }
      } catch {
        // It is away for now.
      }
      if (!signal.aborted) await sleep(100);
    }
    await engine.close();
  }
  #event(line: string): string {
    const { Action, Actor, timeNano } = eventSchema.parse(JSON.parse(line));
    const kind = kinds[Action];
    const instanceId = Actor.Attributes['slipway.instance'];
    const key = `${Action} ${instanceId ?? ''} ${timeNano}`;
    if (kind && instanceId !== undefined && !this.#seen.has(key)) {
      this.#seen.add(key);
      this.containers.push({ at: timeNano / 1e6, instanceId, kind });
    }
    return (timeNano / 1e9).toFixed(6);
  }
}
