/** Keeps HAProxy alive and tidy: start, adoption, reload, the watch, counters added up, slots given back. */
import type { Clock } from '#server/clock.ts';
import { isAborted, isRetryable } from '#server/errors.ts';
import type { Logger } from '#server/log.ts';
import { createMemory, type Memory } from '#server/edge/haproxy/memory.ts';
import { digestOf, files, routeEntries, type BaseOptions } from '#server/edge/haproxy/config.ts';
import type { EdgeConfig } from '#server/edge/haproxy/driver.ts';
import { withFreeSlots, withNewWorker, withTraffic, type EdgeState } from '#server/edge/haproxy/model.ts';
import { connectionLimit, workerUser, type EdgeProcess } from '#server/edge/haproxy/process.ts';
import type { Runtime, WorkerInfo } from '#server/edge/haproxy/runtime.ts';
import { relayOldWorkers } from '#server/edge/haproxy/servers.ts';
import type { Serial } from '#server/edge/haproxy/serial.ts';
import type { EdgeStore } from '#server/edge/haproxy/store.ts';

const watchMs = 500;
const tidyMs = 5000;
const countMs = 30_000;

export interface KeeperParts {
  config: EdgeConfig;
  clock: Clock;
  log: Logger | undefined;
  store: EdgeStore;
  runtime: Runtime;
  edgeProcess: EdgeProcess;
  serial: Serial;
}
export interface Keeper {
  /** The state as last saved, read once. */
  memory: Memory<EdgeState>;
  ensure: (signal: AbortSignal) => Promise<void>;
  stop: () => Promise<void>;
  /** A new worker with the state's slots. Call it inside the serial section. */
  reload(signal: AbortSignal): Promise<void>;
  /** These slots were cut now: their servers may go once the delay has passed. */
  quiet(slots: Iterable<string>): void;
}

export function createKeeper({ config, clock, log, store, runtime, edgeProcess, serial }: KeeperParts): Keeper {
  const dashboard = new URL(config.SLIPWAY_PUBLIC_URL);
  const quietSince = new Map<string, number>();
  let watching: AbortController | undefined;
  const memory = createMemory(() => store.load());

  const baseOptions = async (): Promise<BaseOptions> => {
    const certificates = await store.certificateDigest();
    return {
      bind: config.SLIPWAY_BIND,
      httpPort: config.SLIPWAY_HTTP_PORT,
      https: certificates === null ? null : { port: config.SLIPWAY_HTTPS_PORT, certificates },
      dashboard: { host: dashboard.hostname, origin: dashboard.origin, port: config.SLIPWAY_WEB_PORT },
      maxConnections: await connectionLimit(),
      user: await workerUser(),
    };
  };
  /** Adds up what the running worker counted. Without one, what it counted since the last time is lost. */
  const count = async (signal: AbortSignal): Promise<EdgeState> => {
    const state = await memory.get();
    const { counted } = await runtime.stats(signal);
    return withTraffic(state, counted);
  };
  const adopt = async (worker: WorkerInfo): Promise<void> => {
    const next = withNewWorker(await memory.get(), worker.identity);
    await store.saveState(next);
    memory.set(next);
    quietSince.clear();
  };
  const reload = async (signal: AbortSignal): Promise<void> => {
    memory.set(await count(signal));
    const base = await store.saveAll(await memory.get(), await baseOptions());
    await adopt(await edgeProcess.reload(digestOf(base), signal));
    await relayOldWorkers(edgeProcess, signal);
    log?.info('edge reloaded');
  };
  /** Does the running worker have the routes and servers of the state? */
  const agrees = async (state: EdgeState, signal: AbortSignal): Promise<boolean> => {
    const [entries, { servers }] = await Promise.all([runtime.mapEntries(files.routes, signal), runtime.stats(signal)]);
    const wanted = routeEntries(state, dashboard.hostname);
    const there = new Set(servers.map(({ slot, name }) => `${slot}/${name}`));
    const inForce = Object.entries(state.slots).filter(([, use]) => use.leftAt === null);
    return (
      entries.size === wanted.length &&
      wanted.every(([key, value]) => entries.get(key) === value) &&
      inForce.every(([slot, use]) => use.servers.every(({ name }) => there.has(`${slot}/${name}`)))
    );
  };
  const infoOrNull = async (signal: AbortSignal): Promise<WorkerInfo | null> => {
    try {
      return await runtime.info(signal);
    } catch (error) {
      if (isRetryable(error)) return null;
      throw error;
    }
  };
  const bringUp = async (signal: AbortSignal): Promise<void> => {
    const running = (await infoOrNull(signal)) ?? (await edgeProcess.answering(signal));
    const base = await store.saveAll(await memory.get(), await baseOptions());
    if (!running) {
      const startedAt = clock.now().getTime();
      await adopt(await edgeProcess.start(signal));
      log?.info('edge started', { ms: clock.now().getTime() - startedAt });
      return;
    }
    const state = await memory.get();
    if (state.worker !== running.identity) await adopt(running);
    if (running.digest !== digestOf(base) || !(await agrees(await memory.get(), signal))) await reload(signal);
    else log?.info('edge adopted', { pid: running.pid });
  };

  /** Gives back slots that no route leads to and nothing was open in for the delay. */
  const tidy = async (signal: AbortSignal): Promise<void> => {
    const state = await memory.get();
    const left = Object.entries(state.slots).filter(([, use]) => use.leftAt !== null);
    if (left.length === 0) return;
    const now = clock.now().getTime();
    const { servers } = await runtime.stats(signal);
    const free: string[] = [];
    let counted: EdgeState | undefined;
    for (const [slot] of left) {
      const mine = servers.filter((server) => server.slot === slot);
      if (mine.some(({ open, waiting }) => open + waiting > 0)) quietSince.delete(slot);
      else if (!quietSince.has(slot)) quietSince.set(slot, now);
      if (now - (quietSince.get(slot) ?? now) < config.times.serverDeleteDelay) continue;
      counted ??= await count(signal);
      for (const { name } of mine) await runtime.restServer(slot, name, signal);
      const deleted = await Promise.all(mine.map(({ name }) => runtime.deleteServer(slot, name, signal)));
      if (deleted.every(Boolean)) free.push(slot);
    }
    if (!counted || free.length === 0) return;
    const next = withFreeSlots(counted, free);
    await store.saveState(next);
    memory.set(next);
    for (const slot of free) quietSince.delete(slot);
  };
  const addUp = async (signal: AbortSignal): Promise<void> => {
    const next = await count(signal);
    await store.saveState(next);
    memory.set(next);
  };

  /** One round of the watch: is it alive, and is it time for the rest? */
  const round = async (due: { tidy: number; count: number }, signal: AbortSignal): Promise<void> => {
    if (!(await infoOrNull(signal))) return serial(signal, () => bringUp(signal));
    const now = clock.now().getTime();
    if (now >= due.tidy) {
      due.tidy = now + Math.min(tidyMs, config.times.serverDeleteDelay);
      await serial(signal, () => tidy(signal));
    }
    if (now >= due.count) {
      due.count = now + countMs;
      await serial(signal, () => addUp(signal));
    }
  };
  const watch = async (signal: AbortSignal): Promise<void> => {
    const due = { tidy: 0, count: clock.now().getTime() + countMs };
    while (!signal.aborted) {
      try {
        await clock.sleep(watchMs, signal);
        await round(due, signal);
      } catch (error) {
        if (signal.aborted || isAborted(error)) break;
        log?.error('edge watch', { error });
      }
    }
  };

  return {
    memory,
    async ensure(signal) {
      await serial(signal, () => bringUp(signal));
      watching?.abort();
      watching = new AbortController();
      void watch(AbortSignal.any([signal, watching.signal]));
    },
    stop: async () => {
      watching?.abort();
      const signal = AbortSignal.timeout(20_000);
      await serial(signal, () => edgeProcess.stop(signal));
    },
    reload,
    quiet: (slots) => {
      for (const slot of slots) quietSince.set(slot, clock.now().getTime());
    },
  };
}
