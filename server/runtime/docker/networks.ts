/** One bridge per deployment. The bridge's name is the only key that the engine keeps unique. */
import * as z from 'zod';
import { AppError } from '#server/errors.ts';
import type { Engine } from '#server/runtime/docker/engine.ts';
import type { Containers } from '#server/runtime/docker/inspect.ts';
import { label, labelled } from '#server/runtime/docker/labels.ts';
import { networkBody } from '#server/runtime/docker/spec.ts';
import type { NetworkSpec } from '#server/runtime/types.ts';

const networkSchema = z.object({
  Id: z.string(),
  Name: z.string(),
  IPAM: z.object({ Config: z.array(z.object({ Subnet: z.string().optional() })).nullable() }),
});
type Network = z.output<typeof networkSchema>;
const addressesSchema = z.object({
  Containers: z.record(z.string(), z.object({ Name: z.string(), IPv4Address: z.string() })),
});

export class Networks {
  readonly #engine: Engine;
  readonly #containers: Containers;
  readonly #installationId: string;

  constructor(engine: Engine, containers: Containers, installationId: string) {
    this.#engine = engine;
    this.#containers = containers;
    this.#installationId = installationId;
  }

  async ensure(spec: NetworkSpec, signal: AbortSignal): Promise<void> {
    if (await this.has(spec, signal)) return;
    const body = networkBody(spec, this.#installationId);
    try {
      await this.#engine.act({ method: 'POST', path: '/networks/create', body, signal });
    } catch (error) {
      // Somebody else's call may have made it meanwhile; the engine answers a taken bridge or subnet in several ways.
      if (await this.has(spec, signal)) return;
      if (error instanceof AppError && error.code === 'unavailable' && !(await this.#isTaken(spec, signal)))
        throw error;
      throw new AppError('conflict', 'The bridge or the subnet is in use.', { cause: error });
    }
  }

  /** @throws conflict when the deployment's network is there with other settings */
  async has(spec: NetworkSpec, signal: AbortSignal): Promise<boolean> {
    const [network] = await this.#of({ [label.deployment]: spec.deploymentId }, signal);
    if (!network) return false;
    if (network.Name === spec.bridge && network.IPAM.Config?.[0]?.Subnet === spec.subnet) return true;
    throw new AppError('conflict', 'The network of the deployment exists with other settings.');
  }

  async remove(deploymentId: string, signal: AbortSignal): Promise<void> {
    const attached = await this.#containers.list({ [label.deployment]: deploymentId }, false, signal);
    if (attached.length > 0) throw new AppError('conflict', 'Instances are attached to the network.');
    for (const network of await this.#of({ [label.deployment]: deploymentId }, signal))
      await this.#engine.act({ method: 'DELETE', path: `/networks/${network.Id}`, signal });
  }

  /** True when a running container of another name has the address. */
  async isAddressTaken(bridge: string, address: string, name: string, signal: AbortSignal): Promise<boolean> {
    const path = `/networks/${encodeURIComponent(bridge)}`;
    const network = await this.#engine.json(addressesSchema, { method: 'GET', path, signal });
    return Object.values(network?.Containers ?? {}).some(
      (container) => container.Name !== name && container.IPv4Address.split('/')[0] === address,
    );
  }

  async #of(labels: Record<string, string>, signal: AbortSignal): Promise<Network[]> {
    const query = { filters: labelled({ [label.installation]: this.#installationId, ...labels }) };
    return (await this.#engine.json(z.array(networkSchema), { method: 'GET', path: '/networks', query, signal })) ?? [];
  }

  async #isTaken(spec: NetworkSpec, signal: AbortSignal): Promise<boolean> {
    const all = await this.#engine.json(z.array(networkSchema), { method: 'GET', path: '/networks', signal });
    return (all ?? []).some(
      (network) => network.Name === spec.bridge || network.IPAM.Config?.some(({ Subnet }) => Subnet === spec.subnet),
    );
  }
}
