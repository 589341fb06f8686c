/** What every edge has to agree on about publications, whatever carries them out: form, order and ownership. */
import { isIPv4 } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { AppError } from '#server/errors.ts';
import type { EdgeTarget, Publication } from '#server/edge/types.ts';

const hostPattern = /^(\*\.)?[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?$/;
const pathPattern = /^\/$|^(\/[A-Za-z0-9._~@:+=%-]+)+$/;
const tokenPattern = /^[A-Za-z0-9_-]{1,64}$/;
/** A week in ms; HAProxy's timers end at 24 days. */
const longestSetting = 604_800_000;
/** Ms and number of requests alike. */
const longestHold = 60_000;

const refuse = (what: string): AppError => new AppError('internal', `The edge refuses this publication: ${what}.`);

function checkTarget(target: EdgeTarget): void {
  if (!tokenPattern.test(target.key)) throw refuse('a target key is not a plain word');
  for (const server of target.servers) {
    if (!tokenPattern.test(server.name)) throw refuse('a server name is not a plain word');
    // HAProxy accepts host names and port 0 without a word and never reaches them.
    if (!isIPv4(server.address)) throw refuse('a server address is not an IPv4 address');
    if (!Number.isInteger(server.port) || server.port < 1 || server.port > 65_535)
      throw refuse('a port is out of range');
  }
  const { responseTimeoutMs, tunnelTimeoutMs, ...counts } = target.settings;
  for (const [value, least] of [
    [responseTimeoutMs, 1],
    [tunnelTimeoutMs, 1],
    ...Object.values(counts).map((count) => [count, 0] as const),
  ] as const) {
    if (!Number.isInteger(value) || value < least || value > longestSetting) throw refuse('a setting is out of range');
  }
  for (const value of target.hold ? [target.hold.limitMs, target.hold.maxRequests] : [])
    if (!Number.isInteger(value) || value < 1 || value > longestHold) throw refuse('a hold is out of range');
}

/**
 * Checks the form, so that no text of a tenant can reach the edge's commands or files.
 * @throws AppError internal: the caller must not have built such a publication.
 */
export function checkPublication(publication: Publication): void {
  if (!tokenPattern.test(publication.deploymentId)) throw refuse('the deployment id is not a plain word');
  if (!tokenPattern.test(publication.releaseId)) throw refuse('the release id is not a plain word');
  if (!Number.isSafeInteger(publication.generation) || publication.generation < 1)
    throw refuse('the generation is not a positive number');
  publication.targets.forEach(checkTarget);
  for (const { host, path } of publication.targets.flatMap((target) => target.routes)) {
    if (!hostPattern.test(host)) throw refuse('a host is malformed');
    if (!pathPattern.test(path) || path.length > 500) throw refuse('a path is malformed');
  }
  if (publication.notices.some(({ host }) => !hostPattern.test(host))) throw refuse('a host is malformed');
  const names = publication.targets.flatMap((target) => target.servers.map(({ name }) => name));
  const keys = publication.targets.map(({ key }) => key);
  for (const list of [names, keys, routeKeysOf(publication)]) {
    if (new Set(list).size !== list.length) throw refuse('a name, key or route occurs twice');
  }
}

/** The key of a route: a trailing slash on both sides lets `/api` match `/api/x` and not `/apix`. */
export const routeKey = (host: string, path: string): string => (path === '/' ? `${host}/` : `${host}${path}/`);

export const routeKeysOf = (publication: Publication): string[] => [
  ...publication.targets.flatMap((target) => target.routes.map(({ host, path }) => routeKey(host, path))),
  ...publication.notices.map(({ host }) => routeKey(host, '/')),
];

/**
 * Decides what a publication means beside those in force. `repeat` is the same generation once more.
 * @param owners of each route key in force: a deployment's id, or a name that no deployment has.
 * @throws AppError conflict for an older generation, for other content under the same one, and for routes of others.
 */
export function admit(
  current: Publication | undefined,
  next: Publication,
  owners: ReadonlyMap<string, string>,
): 'apply' | 'repeat' {
  if (current && next.generation < current.generation) {
    throw new AppError('conflict', 'A newer publication of this deployment is in force.');
  }
  const taken = routeKeysOf(next).find((key) => (owners.get(key) ?? next.deploymentId) !== next.deploymentId);
  if (taken !== undefined) throw new AppError('conflict', 'Another deployment answers at one of these addresses.');
  if (current?.generation !== next.generation) return 'apply';
  if (!isDeepStrictEqual(structuredClone(current), structuredClone(next))) {
    throw new AppError('conflict', 'This generation was published with other content.');
  }
  return 'repeat';
}

/** Equal servers and settings: such a target keeps its backend; its routes may differ. A held one shares its backend with nothing. */
export const sameBackend = (a: EdgeTarget, b: EdgeTarget): boolean =>
  a.key === b.key &&
  !a.hold &&
  !b.hold &&
  isDeepStrictEqual(a.settings, b.settings) &&
  isDeepStrictEqual(a.servers, b.servers);

/** Servers that the publication sends requests to; those of held targets wait for the end of the hold. */
export const serverNamesOf = (publication: Publication | undefined): Set<string> =>
  new Set(publication?.targets.flatMap((target) => (target.hold ? [] : target.servers.map(({ name }) => name))));
