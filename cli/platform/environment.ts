/**
 * The installation's configuration. A variable that the operator sets wins and is remembered; everything else is decided
 * here. Ports, domain and address pool stay as they were first decided, so that URLs do not move.
 */
import { readFileSync } from 'node:fs';
import os from 'node:os';
import { environmentSchema } from '#server/config.ts';
import { Stop } from '#cli/bootstrap/screen.mjs';
import { belongsTo, portOwner } from '#cli/bootstrap/listeners.mjs';
import { readEnvironment } from '#cli/bootstrap/settings.mjs';
import { decideReachability, isSafeDashboardUrl, type Reachability } from './reachability.ts';
import { decideSubnets } from './subnets.ts';
import { ensureSecret, statePaths, writePrivate } from './state.ts';

export type Values = Record<string, string>;
export interface Settlement {
  /** Everything that the processes get. */
  values: Values;
  reachability: Reachability;
  /** The database is ours to start and stop. */
  ownsDatabase: boolean;
  /** The web server that has the standard ports, where one has. */
  proxyProgram: string;
}
interface Machine {
  addresses: readonly string[];
  routes: string;
  isTaken: (port: number) => boolean;
  ownerOf: (port: number) => string;
}

const separator = '# Decided by `npm run up`:';
/** Decisions that stay. */
const sticky = [
  'SLIPWAY_DOMAIN', 'SLIPWAY_HTTP_PORT', 'SLIPWAY_HTTPS_PORT', 'SLIPWAY_SSH_PORT', 'SLIPWAY_WEB_PORT',
  'SLIPWAY_POSTGRES_PORT', 'SLIPWAY_SUBNETS', 'SLIPWAY_PROXIED',
] as const; // prettier-ignore

/** What the operator set: the file's first part, changed by the shell's variables. An empty value takes one back. */
export function operatorValues(file: Values, decided: ReadonlySet<string>, shell: NodeJS.ProcessEnv): Values {
  const values = Object.fromEntries(Object.entries(file).filter(([name]) => !decided.has(name)));
  for (const name of Object.keys(environmentSchema.shape)) {
    const value = shell[name];
    if (name === 'SLIPWAY_STATE' || value === undefined) continue;
    if (value === '') delete values[name];
    else values[name] = value;
  }
  return values;
}

const number = (value: string | undefined): number | undefined => (value === undefined ? undefined : Number(value));

/** Pure: the whole configuration from what was set, what was decided before, and the machine. */
export function decide(operator: Values, before: Values, machine: Machine, password: string): Settlement {
  const known = { ...before, ...operator };
  const reachability = decideReachability({
    domain: known['SLIPWAY_DOMAIN'],
    ports: {
      http: number(known['SLIPWAY_HTTP_PORT']),
      https: number(known['SLIPWAY_HTTPS_PORT']),
      ssh: number(known['SLIPWAY_SSH_PORT']),
    },
    proxied: known['SLIPWAY_PROXIED'] === undefined ? undefined : known['SLIPWAY_PROXIED'] === 'true',
    hasCertificate: known['SLIPWAY_CERTIFICATE'] !== undefined,
    addresses: machine.addresses,
    isTaken: machine.isTaken,
  });
  const freeFrom = (from: number): number => (machine.isTaken(from) ? freeFrom(from + 1) : from);
  const webPort = known['SLIPWAY_WEB_PORT'] ?? String(freeFrom(4620));
  const postgresPort = known['SLIPWAY_POSTGRES_PORT'] ?? String(freeFrom(Math.max(4621, Number(webPort) + 1)));
  const values: Values = {
    SLIPWAY_DOMAIN: reachability.domain,
    SLIPWAY_PUBLIC_URL: reachability.publicUrl,
    SLIPWAY_APPS_DOMAIN: reachability.appsDomain,
    SLIPWAY_PROXIED: String(reachability.proxied),
    SLIPWAY_BIND: reachability.bind,
    SLIPWAY_HTTP_PORT: String(reachability.ports.http),
    SLIPWAY_HTTPS_PORT: String(reachability.ports.https),
    SLIPWAY_SSH_PORT: String(reachability.ports.ssh),
    SLIPWAY_WEB_PORT: webPort,
    SLIPWAY_POSTGRES_PORT: postgresPort,
    SLIPWAY_SUBNETS: known['SLIPWAY_SUBNETS'] ?? decideSubnets(machine.routes),
    DATABASE_URL: `postgres://slipway:${password}@127.0.0.1:${postgresPort}/slipway`,
    ...operator,
  };
  return {
    values,
    reachability,
    ownsDatabase: operator['DATABASE_URL'] === undefined,
    proxyProgram: machine.ownerOf(443) || machine.ownerOf(80),
  };
}

/** @throws Stop with one sentence per wrong variable. */
export function assertValid(values: Values): void {
  const parsed = environmentSchema.safeParse(values);
  if (!parsed.success)
    throw new Stop(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'));
  if (!isSafeDashboardUrl(parsed.data.SLIPWAY_PUBLIC_URL))
    throw new Stop(
      'SLIPWAY_PUBLIC_URL: the dashboard must be on https, or on this machine (http://slipway.localhost).',
    );
}

/** The file's text: what the operator set first, then what was decided. */
export function renderEnvironment(operator: Values, values: Values): string {
  const lines = (entries: [string, string][]): string[] => entries.map(([name, value]) => `${name}=${value}`).sort();
  const decided = Object.entries(values).filter(([name]) => operator[name] === undefined);
  return ['# Set by you:', ...lines(Object.entries(operator)), '', separator, ...lines(decided), ''].join('\n');
}

/** Names below the separator. */
export function decidedNames(text: string): Set<string> {
  const part = text.slice(text.indexOf(separator) + 1);
  return new Set(text.includes(separator) ? [...part.matchAll(/^([A-Z][A-Z0-9_]*)=/gm)].map((m) => m[1] ?? '') : []);
}

/** Reads, decides, checks and writes `<state>/environment`. @throws Stop */
export function settleEnvironment(stateDir: string): Settlement {
  const file = readEnvironment(stateDir);
  const decided = decidedNames(readText(statePaths(stateDir).environment));
  const operator = operatorValues(file, decided, process.env);
  const before = Object.fromEntries(sticky.flatMap((name) => (decided.has(name) ? [[name, file[name] ?? '']] : [])));
  const settlement = decide(operator, before, thisMachine(stateDir), ensureSecret(stateDir, 'postgres'));
  assertValid(settlement.values);
  writePrivate(statePaths(stateDir).environment, renderEnvironment(operator, settlement.values));
  return settlement;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function thisMachine(stateDir: string): Machine {
  return {
    addresses: Object.values(os.networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address)),
    routes: readText('/proc/net/route'),
    isTaken: (port) => {
      const owner = portOwner(port);
      return owner !== null && !belongsTo(owner, stateDir);
    },
    ownerOf: (port) => portOwner(port)?.name ?? '',
  };
}
