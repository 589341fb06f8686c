/**
 * Names inside a deployment. The engine's own aliases would give an instance traffic from the moment it starts and until
 * it is gone, so names are lines of each instance's `/etc/hosts`: a file of ours, mounted read-only, that holds the live
 * instances and stays right over restarts of instance and engine, also while Slipway is down.
 */
import { mkdir, open, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Containers } from '#server/runtime/docker/inspect.ts';
import { label } from '#server/runtime/docker/labels.ts';
import type { InstanceSpec } from '#server/runtime/types.ts';

export interface NamedAddress {
  address: string;
  names: readonly string[];
}

/** A file keeps at least this size, padded with empty lines, so that a reader never sees it cut off. */
const fileBytes = 4096;

export class HostNames {
  readonly #folder: string;
  readonly #containers: Containers;
  readonly #turns = new Map<string, Promise<unknown>>();

  /** @param folder ours alone, on a filesystem that the engine sees under the same path. */
  constructor(folder: string, containers: Containers) {
    this.#folder = folder;
    this.#containers = containers;
  }

  file(deploymentId: string, instanceId: string): string {
    return path.join(this.#folder, deploymentId, instanceId);
  }

  /** Makes the file of an instance that is about to be created. */
  async prepare(spec: InstanceSpec, signal: AbortSignal): Promise<void> {
    await this.#inTurn(spec.deploymentId, async () => {
      const own = { address: spec.address, names: [spec.id.replaceAll('_', '-')] };
      const { live } = await this.#members(spec.deploymentId, signal);
      await mkdir(path.join(this.#folder, spec.deploymentId), { recursive: true, mode: 0o711 });
      await write(this.file(spec.deploymentId, spec.id), renderHosts(own, live));
    });
  }

  /** Writes who is live into the file of every instance of the deployment. */
  async refresh(deploymentId: string, signal: AbortSignal): Promise<void> {
    await this.#inTurn(deploymentId, async () => {
      const { live, all } = await this.#members(deploymentId, signal);
      for (const { instanceId, address } of all)
        await write(
          this.file(deploymentId, instanceId),
          renderHosts({ address, names: [instanceId.replaceAll('_', '-')] }, live),
        );
    });
  }

  async forget(deploymentId: string, instanceId: string): Promise<void> {
    await this.#inTurn(deploymentId, () => rm(this.file(deploymentId, instanceId), { force: true }));
  }
  async forgetAll(deploymentId: string): Promise<void> {
    await rm(path.join(this.#folder, deploymentId), { recursive: true, force: true });
  }

  /** An instance is live from `keepAlive(true)` on: the engine's restart policy is the record of it. */
  async #members(
    deploymentId: string,
    signal: AbortSignal,
  ): Promise<{ live: NamedAddress[]; all: { instanceId: string; address: string }[] }> {
    const entries = await this.#containers.list({ [label.deployment]: deploymentId }, false, signal);
    const found = await Promise.all(entries.map(({ instanceId }) => this.#containers.find(instanceId, signal)));
    const live: NamedAddress[] = [];
    const all: { instanceId: string; address: string }[] = [];
    for (const container of found) {
      const labels = container?.Config.Labels ?? {};
      const instanceId = labels[label.instance];
      const address = labels[label.address];
      if (!container || instanceId === undefined || address === undefined) continue;
      all.push({ instanceId, address });
      const names = (labels[label.aliases] ?? '').split(' ').filter(Boolean);
      if (container.HostConfig.RestartPolicy.Name === 'always' && names.length > 0) live.push({ address, names });
    }
    return { live, all };
  }

  async #inTurn(deploymentId: string, work: () => Promise<void>): Promise<void> {
    const turn = (this.#turns.get(deploymentId) ?? Promise.resolve()).catch(() => undefined).then(work);
    this.#turns.set(deploymentId, turn);
    try {
      await turn;
    } finally {
      if (this.#turns.get(deploymentId) === turn) this.#turns.delete(deploymentId);
    }
  }
}

/** Live addresses begin at another place in each file: most programs take the first one, so callers spread. */
export function renderHosts(own: NamedAddress, live: readonly NamedAddress[]): string {
  const sorted = live.toSorted((a, b) => (a.address < b.address ? -1 : 1));
  const first = sorted.length === 0 ? 0 : Number(own.address.split('.').at(-1)) % sorted.length;
  const lines = [
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    ...[own, ...sorted.slice(first), ...sorted.slice(0, first)].map(
      ({ address, names }) => `${address}\t${names.join(' ')}`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

/** In place: a mounted file is the file that was there at the start, never one renamed over it. */
async function write(file: string, text: string): Promise<void> {
  const handle = await open(file, 'a').then(async (created) => {
    await created.close();
    return open(file, 'r+');
  });
  try {
    const size = Math.max(fileBytes, (await handle.stat()).size, Buffer.byteLength(text));
    await handle.write(Buffer.from(text.padEnd(size, '\n')), 0, size, 0);
    await handle.chmod(0o644);
  } finally {
    await handle.close();
  }
}
