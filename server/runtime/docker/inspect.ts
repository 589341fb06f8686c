/** What the engine says of a container, read into the port's words. */
import * as z from 'zod';
import { containerName } from '#server/domain/naming.ts';
import type { Engine } from '#server/runtime/docker/engine.ts';
import { label, labelled } from '#server/runtime/docker/labels.ts';
import type { ObservedState } from '#server/runtime/types.ts';

export const containerSchema = z.object({
  Id: z.string(),
  RestartCount: z.number(),
  State: z.object({
    Status: z.string(),
    Pid: z.number(),
    ExitCode: z.number(),
    OOMKilled: z.boolean(),
    StartedAt: z.string(),
    FinishedAt: z.string(),
  }),
  HostConfig: z.object({ RestartPolicy: z.object({ Name: z.string() }) }),
  Config: z.object({ Labels: z.record(z.string(), z.string()) }),
  Mounts: z.array(z.object({ Destination: z.string() })).default([]),
  NetworkSettings: z.object({ Networks: z.record(z.string(), z.object({ Gateway: z.string() })) }),
});
export type Container = z.output<typeof containerSchema>;
const listSchema = z.array(z.object({ Id: z.string(), Labels: z.record(z.string(), z.string()) }));

const phases: Record<string, ObservedState['phase']> = {
  created: 'created',
  running: 'running',
  paused: 'running',
  restarting: 'restarting',
  removing: 'exited',
  exited: 'exited',
  dead: 'exited',
};
const time = (value: string): string | null => (value.startsWith('0001-') ? null : value);

/** @param sawOutOfMemory an oom event came since its start: the engine's own flag stays false when only a child died. */
export function observedState(container: Container, sawOutOfMemory: boolean): ObservedState {
  const phase = phases[container.State.Status] ?? 'exited';
  const over = phase === 'exited' || phase === 'restarting';
  return {
    phase,
    startedAt: time(container.State.StartedAt),
    finishedAt: over ? time(container.State.FinishedAt) : null,
    exitCode: over ? container.State.ExitCode : null,
    outOfMemory: container.State.OOMKilled || sawOutOfMemory,
    restarts: container.RestartCount,
  };
}

/** Its processes are there, or will be without anybody's doing. */
export const isUp = ({ State }: Container): boolean => ['running', 'paused', 'restarting'].includes(State.Status);

/** Reads containers of one installation. */
export class Containers {
  readonly #engine: Engine;
  readonly #installationId: string;

  constructor(engine: Engine, installationId: string) {
    this.#engine = engine;
    this.#installationId = installationId;
  }

  /** Null when there is none, also when the name is another installation's. */
  async find(instanceId: string, signal: AbortSignal): Promise<Container | null> {
    const path = `${containerPath(instanceId)}/json`;
    const container = await this.#engine.json(containerSchema, { method: 'GET', path, signal });
    return container?.Config.Labels[label.installation] === this.#installationId ? container : null;
  }

  /** Instances with volumes. A container keeps one while it runs, and while the engine would start it again by itself. */
  async withVolumes(signal: AbortSignal): Promise<{ instanceId: string; volumeIds: string[]; container: Container }[]> {
    const filters = JSON.stringify({ label: [`${label.installation}=${this.#installationId}`, label.volumes] });
    const query = { all: '1', filters };
    const list = await this.#engine.json(listSchema, { method: 'GET', path: '/containers/json', query, signal });
    const found = await Promise.all(
      (list ?? []).map(async ({ Labels }) => {
        const instanceId = Labels[label.instance] ?? '';
        const container = await this.find(instanceId, signal);
        return container && { instanceId, container, volumeIds: (Labels[label.volumes] ?? '').split(' ') };
      }),
    );
    return found.filter((one) => one !== null);
  }

  /** Who has a volume. The engine is the record of it: nothing that a crash could leave behind wrongly. */
  async holders(volumeId: string, signal: AbortSignal): Promise<string[]> {
    const all = await this.withVolumes(signal);
    return all
      .filter(({ volumeIds }) => volumeIds.includes(volumeId))
      .filter(({ container }) => isUp(container) || container.HostConfig.RestartPolicy.Name !== 'no')
      .map(({ instanceId }) => instanceId);
  }

  /** All of the installation, stopped ones included; with `running`, those that run. */
  async list(
    labels: Record<string, string>,
    running: boolean,
    signal: AbortSignal,
  ): Promise<{ id: string; instanceId: string }[]> {
    const filters = labelled({ [label.installation]: this.#installationId, ...labels });
    const query = { all: running ? '0' : '1', filters };
    const list = await this.#engine.json(listSchema, { method: 'GET', path: '/containers/json', query, signal });
    return (list ?? []).flatMap(({ Id, Labels }) => {
      const instanceId = Labels[label.instance];
      return instanceId === undefined ? [] : [{ id: Id, instanceId }];
    });
  }
}

/** @param instanceId ours, so it holds nothing that a path could be made of. */
export const containerPath = (instanceId: string): string =>
  `/containers/${encodeURIComponent(containerName(instanceId))}`;
