/**
 * EdgeDriver on HAProxy's runtime API. A publication is written to disk first, then one commit of the route map makes
 * it true; no reload. Changes are serialized; a server is deleted only long after its last connection ended, because
 * HAProxy 2.6 may still hold it between two retries.
 */
import path from 'node:path';
import { systemClock, type Clock } from '#server/clock.ts';
import type { Config } from '#server/config.ts';
import { AppError } from '#server/errors.ts';
import type { Logger } from '#server/log.ts';
import { admit, checkPublication, routeKey, serverNamesOf } from '#server/edge/publication.ts';
import type { EdgeDriver, Publication, TrafficCount } from '#server/edge/types.ts';
import { files, generationKey, routeEntries } from '#server/edge/haproxy/config.ts';
import {
  addTraffic,
  noTraffic,
  routeOwners,
  withPublication,
  withTraffic,
  withoutDeployment,
  type EdgeState,
} from '#server/edge/haproxy/model.ts';
import { createEdgeProcess } from '#server/edge/haproxy/process.ts';
import { createRuntime } from '#server/edge/haproxy/runtime.ts';
import { createEdgeStore } from '#server/edge/haproxy/store.ts';
import { createKeeper } from '#server/edge/haproxy/keeper.ts';
import { createSerial } from '#server/edge/haproxy/serial.ts';
import { cutServers, openInOldWorkers } from '#server/edge/haproxy/servers.ts';

export type EdgeConfig = Pick<
  Config,
  'stateDir' | 'SLIPWAY_PUBLIC_URL' | 'SLIPWAY_WEB_PORT' | 'SLIPWAY_BIND' | 'SLIPWAY_HTTP_PORT' | 'SLIPWAY_HTTPS_PORT'
> & { times: Pick<Config['times'], 'serverDeleteDelay'> };
export interface EdgeDependencies {
  clock?: Clock;
  log?: Logger;
}
export interface HaproxyEdge extends EdgeDriver {
  /**
   * Starts HAProxy from the files on disk or adopts the one that runs, and resolves when it serves what was published.
   * From then on, until the signal fires, a HAProxy that died is started again within two seconds. Aborting leaves it running.
   * @throws AppError unavailable when it cannot start.
   */
  ensure(signal: AbortSignal): Promise<void>;
  /** Replaces HAProxy's worker by one with the files' content, as after a change of certificates. No connection is lost. */
  reload(signal: AbortSignal): Promise<void>;
  /** Ends HAProxy: no application answers after it. */
  stop(): Promise<void>;
  /** The backend that a target in force has; for tests and diagnosis. */
  slotOf(deploymentId: string, key: string): Promise<string | undefined>;
}

/** Makes the driver of the edge in `<stateDir>/edge`. Does nothing before the first call. */
export function createHaproxyEdge(
  config: EdgeConfig,
  { clock = systemClock, log }: EdgeDependencies = {},
): HaproxyEdge {
  const folder = path.join(config.stateDir, 'edge');
  const dashboard = new URL(config.SLIPWAY_PUBLIC_URL);
  const runtime = createRuntime(path.join(folder, files.socket));
  const store = createEdgeStore(folder, dashboard.hostname);
  const edgeProcess = createEdgeProcess(folder, runtime, clock);
  const serial = createSerial();
  const keeper = createKeeper({ config, clock, log, store, runtime, edgeProcess, serial });
  const { memory } = keeper;

  /** Makes run time equal to the state for one deployment; fine to repeat. */
  const apply = async (state: EdgeState, deploymentId: string, signal: AbortSignal): Promise<void> => {
    for (const slot of Object.values(state.deployments[deploymentId]?.slots ?? {})) {
      const use = state.slots[slot];
      for (const server of use?.servers ?? []) if (use) await runtime.addServer(slot, server, use.settings, signal);
    }
    await runtime.replaceMap(files.routes, routeEntries(state, dashboard.hostname), signal);
  };
  const confirmed = async (deploymentId: string, signal: AbortSignal): Promise<number | null> => {
    const value = await runtime.mapValue(files.routes, generationKey(deploymentId), signal);
    return value === null ? null : Number(value);
  };
  const publish = async (publication: Publication, signal: AbortSignal): Promise<void> => {
    checkPublication(publication);
    const before = await memory.get();
    const owners = routeOwners(before);
    owners.set(routeKey(dashboard.hostname, '/'), 'dashboard');
    if (admit(before.deployments[publication.deploymentId]?.publication, publication, owners) === 'apply') {
      const { counted } = await runtime.stats(signal);
      const next = withPublication(before, publication, clock.now().getTime(), counted);
      await store.save(next);
      memory.set(next);
      if (next.slotCount !== before.slotCount) return keeper.reload(signal);
    }
    const state = await memory.get();
    if ((await confirmed(publication.deploymentId, signal)) === publication.generation) return;
    await apply(state, publication.deploymentId, signal);
    if ((await confirmed(publication.deploymentId, signal)) !== publication.generation) {
      throw new AppError('unavailable', 'The edge did not confirm the new routes.');
    }
  };
  const withdraw = async (deploymentId: string, signal: AbortSignal): Promise<void> => {
    const before = await memory.get();
    const next = withoutDeployment(before, deploymentId, clock.now().getTime());
    if (next !== before) {
      await store.save(next);
      memory.set(next);
    } else if ((await confirmed(deploymentId, signal)) === null) return;
    await runtime.replaceMap(files.routes, routeEntries(next, dashboard.hostname), signal);
  };
  const traffic = async (deploymentId: string, signal: AbortSignal): Promise<Record<string, TrafficCount>> => {
    const state = withTraffic(await memory.get(), (await runtime.stats(signal)).counted);
    const deployment = state.deployments[deploymentId];
    const keys = [...Object.keys(deployment?.slots ?? {}), ...Object.keys(deployment?.counts ?? {})];
    return Object.fromEntries(keys.map((key) => [key, addTraffic(noTraffic, deployment?.counts[key] ?? noTraffic)]));
  };
  /** Names outside the generation in force, and the slots without routes that hold them. */
  const leftOf = async (
    deploymentId: string,
    names: readonly string[],
  ): Promise<{ names: Set<string>; slots: Set<string>; inForce: boolean }> => {
    const state = await memory.get();
    const inForce = serverNamesOf(state.deployments[deploymentId]?.publication);
    const left = Object.entries(state.slots).filter(
      ([, use]) => use.deploymentId === deploymentId && use.leftAt !== null,
    );
    return {
      names: new Set(names.filter((name) => !inForce.has(name))),
      slots: new Set(left.map(([slot]) => slot)),
      inForce: names.some((name) => inForce.has(name)),
    };
  };

  return {
    publish: (publication, signal) => serial(signal, () => publish(publication, signal)),
    confirmed,
    async drain(deploymentId, serverNames, signal) {
      const { names, slots } = await leftOf(deploymentId, serverNames);
      const { servers } = await runtime.stats(signal);
      const mine = servers.filter(({ slot, name }) => slots.has(slot) && names.has(name));
      const waiting = new Map(mine.map((server) => [server.slot, server.waiting]));
      const here = [...mine.map(({ open }) => open), ...waiting.values()].reduce((sum, count) => sum + count, 0);
      return { open: here + (await openInOldWorkers(edgeProcess, names, signal)) };
    },
    remove: (deploymentId, serverNames, signal) =>
      serial(signal, async () => {
        const { names, slots, inForce } = await leftOf(deploymentId, serverNames);
        if (inForce) throw new AppError('conflict', 'The generation in force names one of these servers.');
        const cut = await cutServers({ runtime, edgeProcess }, names, slots, signal);
        keeper.quiet(slots);
        return { cut };
      }),
    traffic,
    withdraw: (deploymentId, signal) => serial(signal, () => withdraw(deploymentId, signal)),
    ensure: keeper.ensure,
    reload: (signal) => serial(signal, () => keeper.reload(signal)),
    stop: keeper.stop,
    slotOf: async (deploymentId, key) => (await memory.get()).deployments[deploymentId]?.slots[key],
  };
}
