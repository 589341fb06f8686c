/** The edge in memory: routes for real, counts for real, and fails when a test says so. */
import { systemClock, type Clock } from '#server/clock.ts';
import { AppError } from '#server/errors.ts';
import { admit, checkPublication, routeKey, sameBackend, serverNamesOf } from '#server/edge/publication.ts';
import type { EdgeDriver, EdgeNotice, Publication, TrafficCount } from '#server/edge/types.ts';

export type EdgeAnswer =
  | { kind: 'server'; server: string; target: string; release: string; deploymentId: string }
  | { kind: 'notice'; state: EdgeNotice['state'] }
  | { kind: 'no-server'; target: string }
  /** It waits, or is refused because too many do. */
  | { kind: 'held'; target: string; refused: boolean }
  | { kind: 'unknown-host' };
export interface EdgeFault {
  method: keyof EdgeDriver;
  /** `before`: nothing happens. `after`: it took effect, and the caller does not learn it. */
  when: 'before' | 'after';
  /** `fail` throws unavailable; `hang` waits until the signal fires. */
  how: 'fail' | 'hang';
}
interface Backend {
  id: number;
  /** Turns of the round robin. */
  turn: number;
}
interface Entry {
  publication: Publication;
  backends: Map<string, Backend>;
  counts: Record<string, TrafficCount>;
  open: Map<string, number>;
  /** Held target → when its hold began, in ms, and how many wait. */
  holds: Map<string, { since: number; waiting: number }>;
}
export interface FakeEdge extends EdgeDriver {
  /** Which server would get this request. It is counted in `traffic`. */
  request(host: string, path?: string): EdgeAnswer;
  /** Sends a request and waits like a client: while its target is held it has no answer. */
  arrive(host: string, path?: string): Promise<EdgeAnswer>;
  /** Sends a request and keeps it open until `end` is called or the server is removed. */
  hold(host: string, path?: string): { server: string; end(): void };
  /** The next call of the method fails so; several faults queue up. */
  fault(fault: EdgeFault): void;
  /** Identity of the backend of a target in force: it changes when servers or settings do. */
  backendOf(deploymentId: string, key: string): string | undefined;
  /** All publications accepted so far, in order. */
  readonly history: readonly Publication[];
}

const hang = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    const fail = (): void => reject(new AppError('aborted', 'Cancelled.', { cause: signal.reason }));
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });

/** @param reserved hosts that no deployment may take, as the dashboard's. @param clock ends holds. */
export function createFakeEdge(reserved: readonly string[] = [], clock: Clock = systemClock): FakeEdge {
  const entries = new Map<string, Entry>();
  const faults: EdgeFault[] = [];
  const history: Publication[] = [];
  let changed = Promise.withResolvers<void>();
  const wakeWaiting = (): void => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  let backendCount = 0;

  const routes = (): Map<string, { entry: Entry; target?: string; notice?: EdgeNotice['state'] }> => {
    const table: ReturnType<typeof routes> = new Map();
    for (const entry of entries.values()) {
      for (const target of entry.publication.targets)
        for (const { host, path } of target.routes) table.set(routeKey(host, path), { entry, target: target.key });
      for (const { host, state } of entry.publication.notices) table.set(routeKey(host, '/'), { entry, notice: state });
    }
    return table;
  };
  const find = (host: string, path: string): ReturnType<ReturnType<typeof routes>['get']> => {
    const table = routes();
    const longest = (text: string): string | undefined =>
      [...table.keys()].filter((key) => text.startsWith(key)).sort((a, b) => b.length - a.length)[0];
    const key = longest(`${host}${path}/`) ?? longest(`${host.replace(/^[^.]*/, '*')}${path}/`);
    return key === undefined ? undefined : table.get(key);
  };
  /** @param waited it was held before and counted then. */
  const route = (host: string, path = '/', waited = false): EdgeAnswer => {
    const found = find(host.toLowerCase().replace(/:\d+$/, ''), path.replace(/[?#].*$/s, ''));
    if (!found) return { kind: 'unknown-host' };
    if (found.notice) return { kind: 'notice', state: found.notice };
    const { publication, backends, counts } = found.entry;
    const target = publication.targets.find(({ key }) => key === found.target);
    const backend = target && backends.get(target.key);
    if (!target || !backend) return { kind: 'unknown-host' };
    const count = (counts[target.key] ??= { requests: 0, failed: 0, held: 0, bytesIn: 0, bytesOut: 0 });
    const hold = found.entry.holds.get(target.key);
    if (target.hold && hold && clock.now().getTime() < hold.since + target.hold.limitMs) {
      if (waited) return { kind: 'held', target: target.key, refused: false };
      count.held += 1;
      if (hold.waiting < target.hold.maxRequests) return { kind: 'held', target: target.key, refused: false };
      count.requests += 1;
      count.failed += 1;
      return { kind: 'held', target: target.key, refused: true };
    }
    count.requests += 1;
    const server = target.servers[backend.turn++ % target.servers.length];
    if (server) return { kind: 'server', server: server.name, target: target.key, release: publication.releaseId, deploymentId: publication.deploymentId }; // prettier-ignore
    count.failed += 1;
    return { kind: 'no-server', target: target.key };
  };

  const effects = {
    publish(publication: Publication): void {
      checkPublication(publication);
      const owners = new Map([...routes()].map(([key, { entry }]) => [key, entry.publication.deploymentId]));
      for (const host of reserved) owners.set(routeKey(host, '/'), 'reserved');
      const before = entries.get(publication.deploymentId);
      if (admit(before?.publication, publication, owners) === 'repeat') return;
      const backends = new Map(
        publication.targets.map((target) => {
          const old = before?.publication.targets.find((other) => sameBackend(other, target));
          return [target.key, (old && before?.backends.get(old.key)) ?? { id: (backendCount += 1), turn: 0 }];
        }),
      );
      const kept = structuredClone(publication);
      entries.set(publication.deploymentId, { publication: kept, backends, counts: before?.counts ?? {}, open: before?.open ?? new Map<string, number>(), holds: new Map(kept.targets.flatMap(({ key, hold }) => (hold ? [[key, { since: clock.now().getTime(), waiting: before?.holds.get(key)?.waiting ?? 0 }]] : []))) }); // prettier-ignore
      history.push(kept);
      wakeWaiting();
    },
    openOf: (deploymentId: string, names: readonly string[]): number => {
      const entry = entries.get(deploymentId);
      const inForce = serverNamesOf(entry?.publication);
      return names.reduce((sum, name) => sum + (inForce.has(name) ? 0 : (entry?.open.get(name) ?? 0)), 0);
    },
    remove(deploymentId: string, names: readonly string[]): { cut: number } {
      const inForce = serverNamesOf(entries.get(deploymentId)?.publication);
      if (names.some((name) => inForce.has(name)))
        throw new AppError('conflict', 'The generation in force names this server.');
      const cut = effects.openOf(deploymentId, names);
      for (const name of names) entries.get(deploymentId)?.open.delete(name);
      return { cut };
    },
  };

  /** Carries one call out with the fault that a test ordered for it. */
  const call = async <T>(method: keyof EdgeDriver, signal: AbortSignal, effect: () => T): Promise<T> => {
    if (signal.aborted) throw new AppError('aborted', 'Cancelled.', { cause: signal.reason });
    const index = faults.findIndex((fault) => fault.method === method);
    const fault = index < 0 ? undefined : faults.splice(index, 1)[0];
    const fail = async (): Promise<void> => {
      if (fault?.how === 'hang') await hang(signal);
      throw new AppError('unavailable', 'The edge does not answer.');
    };
    if (fault?.when === 'before') await fail();
    const result = effect();
    if (fault?.when === 'after') await fail();
    return result;
  };

  return {
    publish: (publication, signal) => call('publish', signal, () => effects.publish(publication)),
    confirmed: (id, signal) => call('confirmed', signal, () => entries.get(id)?.publication.generation ?? null),
    drain: (id, names, signal) => call('drain', signal, () => ({ open: effects.openOf(id, names) })),
    remove: (id, names, signal) => call('remove', signal, () => effects.remove(id, names)),
    traffic: (id, signal) => call('traffic', signal, () => structuredClone(entries.get(id)?.counts ?? {})),
    withdraw: (id, signal) => call('withdraw', signal, () => void entries.delete(id)),
    request: (host, path) => route(host, path),
    async arrive(host, path = '/') {
      let answer = route(host, path);
      const target = answer.kind === 'held' && !answer.refused ? find(host.toLowerCase(), path) : undefined;
      const waits = (step: 1 | -1): void => {
        const hold = target?.target === undefined ? undefined : entries.get(target.entry.publication.deploymentId)?.holds.get(target.target); // prettier-ignore
        if (hold) hold.waiting = Math.max(0, hold.waiting + step);
      };
      waits(1);
      while (answer.kind === 'held' && !answer.refused) {
        const turn = new AbortController();
        await Promise.race([changed.promise, clock.sleep(50, turn.signal)]);
        turn.abort();
        answer = route(host, path, true);
      }
      waits(-1);
      return answer;
    },
    hold(host, path) {
      const answer = route(host, path);
      if (answer.kind !== 'server') throw new Error(`Nothing to hold at ${host}: ${answer.kind}`);
      const { server, deploymentId } = answer;
      const open = entries.get(deploymentId)?.open ?? new Map<string, number>();
      open.set(server, (open.get(server) ?? 0) + 1);
      return { server, end: () => open.has(server) && open.set(server, Math.max(0, (open.get(server) ?? 0) - 1)) };
    },
    fault: (fault) => void faults.push(fault),
    backendOf: (id, key) => entries.get(id)?.backends.get(key)?.id.toString(),
    history,
  };
}
