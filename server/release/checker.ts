/**
 * The promises P1 to P8 of a release as a check over a history. Pure; one sentence per promise that was broken. It knows
 * nothing of how the engine works: what it says must be true of any engine that keeps the promises.
 */
import { activeStates, finalStates, kindRules, outcomes, type ReleaseState } from '#server/domain/release-machine.ts';
import type { History, Published, ReleaseChange } from '#server/release/history.ts';

const isOneOf = (list: readonly string[], value: string): boolean => list.includes(value);
const groupBy = <T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> => {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
};
/** Rows where the state differs from the row before: the visits of states, in order. */
const visitsOf = (changes: readonly ReleaseChange[]): ReleaseChange[] =>
  changes.filter((change, index) => {
    const before = changes[index - 1];
    return !before || before.state !== change.state || before.stateSince !== change.stateSince;
  });

/** P1: one terminal state, reached once and never left, and no way back once the routes are out. */
function oneEnd(changes: readonly ReleaseChange[]): string[] {
  const broken: string[] = [];
  const visits = visitsOf(changes);
  const id = changes[0]?.id ?? '';
  const reached = visits.filter((visit) => isOneOf(outcomes, visit.state));
  if (reached.length !== 1)
    broken.push(`P1: ${id} reached ${reached.length} ends: ${reached.map((visit) => visit.state).join(', ')}`);
  const decided = new Set(changes.flatMap((change) => (change.outcome === null ? [] : [change.outcome])));
  if (decided.size > 1) broken.push(`P1: the outcome of ${id} was ${[...decided].join(', then ')}`);
  for (const [index, visit] of visits.entries()) {
    const next = visits[index + 1];
    if (!next) continue;
    const stays = isOneOf(finalStates, visit.state) || (visit.state === 'live' && next.state !== 'retiring');
    if (stays) broken.push(`P1: ${id} left ${visit.state} for ${next.state}`);
    if (next.state === 'cancelling' && next.routeGeneration !== null)
      broken.push(`P1: ${id} was cancelled after its routes were published`);
  }
  return broken;
}

/** P5 on rows: a lease changes hands only under a higher number. */
function oneWriter(changes: readonly ReleaseChange[]): string[] {
  let owner: string | null = null;
  let fence = 0;
  const broken: string[] = [];
  for (const change of changes) {
    if (change.fence < fence) broken.push(`P5: the fence of ${change.id} went from ${fence} to ${change.fence}`);
    if (change.owner !== null && owner !== null && change.owner !== owner && change.fence <= fence)
      broken.push(`P5: ${change.owner} took ${change.id} from ${owner} under the same number`);
    owner = change.owner ?? owner;
    fence = Math.max(fence, change.fence);
  }
  return broken;
}

/** P7: the deadline of a visit is set once; who takes over keeps it. */
function sameDeadline(changes: readonly ReleaseChange[]): string[] {
  const visits = groupBy(changes, (change) => `${change.state} since ${change.stateSince}`);
  return [...visits].flatMap(([visit, rows]) => {
    const deadlines = new Set(rows.map((row) => row.deadlineAt));
    return deadlines.size > 1 ? [`P7: ${rows[0]?.id ?? ''} had ${deadlines.size} deadlines while ${visit}`] : [];
  });
}

/** P8: what failed says where, what and what to do; what did not fail says nothing. */
function saysWhy(last: ReleaseChange): string[] {
  const { failure, id, state } = last;
  if (last.outcome !== 'failed') return failure ? [`P8: ${id} has a failure and is ${state}`] : [];
  if (!failure?.message || !failure.advice) return [`P8: ${id} failed without a reason or advice`];
  if (!isOneOf([...activeStates, 'held', 'queued'], failure.phase)) return [`P8: ${id} failed in no phase`];
  return failure.lastLines.length > 50 ? [`P8: ${id} shows ${failure.lastLines.length} lines`] : [];
}

/** P5 on deployments: at most one release works on one at a time. */
function oneActive(changes: readonly ReleaseChange[]): string[] {
  const states = new Map<string, ReleaseState>();
  const broken: string[] = [];
  for (const change of changes) {
    states.set(change.id, change.state);
    const active = [...states].filter(([, state]) => isOneOf(activeStates, state)).map(([id]) => id);
    if (active.length > 1) broken.push(`P5: ${active.join(' and ')} worked at the same time`);
  }
  return [...new Set(broken)];
}

/** P5 on the machine: no call of an older lease after one of a newer, generations grow. */
function callsInOrder({ calls, published }: History): string[] {
  const highest = new Map<string, number>();
  const broken: string[] = [];
  for (const { scope, fence, method } of calls ?? []) {
    const seen = highest.get(scope) ?? 0;
    if (fence < seen) broken.push(`P5: ${method} of lease ${fence} on ${scope} was carried out after one of ${seen}`);
    highest.set(scope, Math.max(seen, fence));
  }
  for (const [deploymentId, all] of groupBy(published, (one) => one.deploymentId)) {
    for (const [index, one] of all.entries()) {
      const before = all[index - 1];
      if (before && one.generation <= before.generation)
        broken.push(`P5: ${deploymentId} got generation ${one.generation} after ${before.generation}`);
    }
  }
  return broken;
}

/** P2: live only after the edge confirmed. */
function liveAfterConfirmation({ confirmed }: History, visits: readonly ReleaseChange[]): string[] {
  if (!confirmed) return [];
  return visits.flatMap(({ id, deploymentId, state, at, routeGeneration }) => {
    if (state !== 'live' || routeGeneration === null) return [];
    const isThere = confirmed.some(
      (one) => one.deploymentId === deploymentId && one.generation >= routeGeneration && one.at <= at,
    );
    return isThere ? [] : [`P2: ${id} was live before the edge confirmed generation ${routeGeneration}`];
  });
}

/** P2: nothing that the routes in force name is stopped or removed, and what they name can serve. */
function servesUntilReplaced({ published, confirmed, containers, excuses }: History): string[] {
  const broken: string[] = [];
  const since = (one: Published): number | null => {
    if (!confirmed) return one.at;
    const found = confirmed.find((seen) => seen.deploymentId === one.deploymentId && seen.generation >= one.generation);
    return found?.at ?? null;
  };
  const inForce = [...groupBy(published, (one) => one.deploymentId).values()].flatMap((all) =>
    all.map((one, index) => ({ ...one, from: since(one), to: all.slice(index + 1).map(since).find((at) => at !== null) ?? Infinity })),
  ); // prettier-ignore
  for (const event of containers) {
    if (event.kind !== 'stopping' && event.kind !== 'removed') continue;
    // The engine itself was ended, and everything in it.
    if (excuses.some((one) => one.deploymentId === undefined && event.at >= one.from && event.at <= one.to)) continue;
    const named = inForce.find(
      (one) => one.from !== null && event.at >= one.from && event.at < one.to && one.servers.includes(event.instanceId),
    );
    if (named) broken.push(`P2: ${event.instanceId} was ${event.kind} while generation ${named.generation} named it`);
  }
  const listening = new Map<string, number>();
  for (const event of containers)
    if (event.kind === 'listening' && !listening.has(event.instanceId)) listening.set(event.instanceId, event.at);
  for (const one of published)
    for (const server of one.servers)
      if (listening.size > 0 && (listening.get(server) ?? Infinity) > one.at)
        broken.push(`P2: generation ${one.generation} named ${server} before it could serve`);
  return broken;
}

/** P2 at the end: what is live is what the edge leads to, and it runs. */
function routesMatch({ end, published }: History): string[] {
  return end.deployments.flatMap(({ id, power, liveReleaseId }) => {
    const last = published.findLast((one) => one.deploymentId === id);
    if (!last || power !== 'running') return [];
    const broken = last.servers
      .filter((name) => !end.running.includes(name))
      .map((name) => `P2: the edge names ${name}, which does not run`);
    if (liveReleaseId !== null && last.releaseId !== liveReleaseId)
      broken.push(`P2: ${liveReleaseId} is live and the edge shows ${last.releaseId}`);
    if (liveReleaseId !== null && last.servers.length === 0)
      broken.push(`P2: ${liveReleaseId} is live and the edge names nobody`);
    return broken;
  });
}

/** P3: no request fails, and none is answered by a release that no longer, or not yet, serves. */
function noRequestFails(history: History): string[] {
  const visits = [...groupBy(history.releases, (change) => change.id).values()].flatMap(visitsOf);
  const broken: string[] = [];
  for (const { deploymentId, startedAt, endedAt, kind, release, failure } of history.requests) {
    const excused = history.excuses.some(
      (one) =>
        (one.deploymentId === undefined || one.deploymentId === deploymentId) &&
        startedAt <= one.to &&
        endedAt >= one.from,
    );
    if (excused) continue;
    if (failure !== null) {
      broken.push(`P3: ${kind} of ${deploymentId} at ${new Date(startedAt).toISOString()} failed: ${failure}`);
      continue;
    }
    if (release === '') continue;
    const own = visits.filter((visit) => visit.id === release);
    const from = own.find((visit) => visit.state === 'switching')?.at;
    const replaced = visits.find(
      (visit) =>
        visit.deploymentId === deploymentId &&
        visit.state === 'live' &&
        visit.id !== release &&
        visit.number !== null &&
        visit.at > (from ?? 0),
    );
    if (from === undefined || endedAt < from) broken.push(`P2: ${release} answered before it was published`);
    else if (replaced && startedAt > replaced.at) broken.push(`P2: ${release} answered after ${replaced.id} was live`);
  }
  return broken;
}

/** P4: the machine holds what the rows say. */
function nothingLeft({ end, instances }: History): string[] {
  const last = new Map(instances.map((change) => [change.id, change]));
  const wanted = [...last.values()].filter((row) => row.state !== 'removed').map((row) => row.id).toSorted(); // prettier-ignore
  const there = end.containers.toSorted();
  const broken: string[] = [];
  if (JSON.stringify(wanted) !== JSON.stringify(there))
    broken.push(`P4: rows say ${wanted.join(', ') || 'nothing'}; the machine has ${there.join(', ') || 'nothing'}`);
  if (end.networks && end.networks.some((id) => !end.networkRows.includes(id)))
    broken.push(`P4: networks without a row: ${end.networks.filter((id) => !end.networkRows.includes(id)).join(', ')}`);
  if (end.leftovers.length > 0) broken.push(`P4: left over: ${end.leftovers.join(', ')}`);
  return broken;
}

/** P6: a hook runs at most once, an instance is made at most once, and what never builds did not build. */
function onlyOnce(history: History): string[] {
  const broken: string[] = [];
  const rows = new Map(history.instances.map((change) => [change.id, change]));
  for (const [id, events] of groupBy(history.containers, (event) => event.instanceId)) {
    const count = (kind: string): number => events.filter((event) => event.kind === kind).length;
    // One that was ended for its successor comes back, fresh, when that fails.
    if (count('created') > count('removed') + 1) broken.push(`P6: ${id} was made ${count('created')} times`);
    if (rows.get(id)?.role === 'hook' && count('started') > 1) broken.push(`P6: the hook ${id} ran ${count('started')} times`);
  } // prettier-ignore
  const hooks = groupBy([...rows.values()].filter((row) => row.role === 'hook'), (row) => `${row.hook} of ${row.componentId} in ${row.startedBy}`); // prettier-ignore
  for (const [hook, all] of hooks) if (all.length > 1) broken.push(`P6: ${hook} ran ${all.length} times`);
  const kinds = new Map(history.releases.map((change) => [change.id, change.kind]));
  for (const { method, scope } of history.calls ?? []) {
    const kind = kinds.get(scope);
    if (method === 'builds.build' && kind && kindRules[kind].build === 'never')
      broken.push(`P6: ${scope}, a ${kind}, built`);
  }
  return broken;
}

/** Call it over the history of a run in which nothing is due any more. */
export function brokenPromises(history: History): string[] {
  const perRelease = [...groupBy(history.releases, (change) => change.id).values()];
  const visits = perRelease.flatMap(visitsOf);
  return [
    ...perRelease.flatMap((changes) => [
      ...oneEnd(changes),
      ...oneWriter(changes),
      ...sameDeadline(changes),
      ...changes.slice(-1).flatMap(saysWhy),
    ]),
    ...[...groupBy(history.releases, (change) => change.deploymentId).values()].flatMap(oneActive),
    ...callsInOrder(history),
    ...liveAfterConfirmation(history, visits),
    ...servesUntilReplaced(history),
    ...routesMatch(history),
    ...noRequestFails(history),
    ...nothingLeft(history),
    ...onlyOnce(history),
  ];
}
