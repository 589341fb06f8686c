/**
 * What every use case gets. Use cases are the only place that authorizes; every transport (tRPC, routes, worker) builds
 * one of these contexts and calls them.
 */
import type { ProviderSettings } from '#server/auth/providers.ts';
import { type Db, type Tx, withOrg } from '#server/db/client.ts';
import type { Notices } from '#server/db/notify.ts';
import type { Clock } from '#server/clock.ts';
import { type Action, type Actor, can, type Resource } from '#server/domain/permissions.ts';
import { AppError } from '#server/errors.ts';
import type { Logger } from '#server/log.ts';
import type { LogStore } from '#server/logs/types.ts';
import type { RepositoryHost, SourceProvider } from '#server/source/types.ts';
import type { KeySiteUrls } from '#server/ssh/import-keys.ts';

/** Keys derived from the master secret; one per purpose. */
export interface Keys {
  /** Seals variables with context `<orgId>/<variableId>`. */
  variables: Buffer;
  /** Seals credentials with context `<orgId>/<credentialId>`. */
  credentials: Buffer;
}

/** The process's long-lived parts. */
export interface Services {
  db: Db;
  clock: Clock;
  log: Logger;
  keys: Keys;
  sources: SourceProvider;
  repositoryHost: RepositoryHost;
  /** Starter source of a template. */
  templateSource: (slug: string) => Promise<ReadonlyMap<string, Buffer>>;
  logs: LogStore;
  notices: Notices;
  /** Which providers may sign people in. */
  signInProviders: ProviderSettings;
  /** The dashboard's own URL, without a trailing slash. */
  publicUrl: string;
  /** Folder for short-lived files of the web process: `<state>/inspect`, emptied when it starts. */
  workDir: string;
  /** Hosts with private addresses that tenants may fetch from. */
  privateGitHosts: ReadonlySet<string>;
  /** The SSH gateway's port, for the commands that pages show. */
  sshPort: number;
  /** Where public keys are imported from. */
  keySites: KeySiteUrls;
}

/** A signed-in person, before an organization is chosen. */
export interface Person {
  userId: string;
  sessionId: string;
  isOperator: boolean;
}
export interface PersonContext extends Services {
  person: Person;
}
/** A signed-in person inside one organization. */
export interface UseCaseContext extends Services {
  actor: Actor;
}

/** What reading and following a log needs; the worker has it too. */
export type LogContext = Pick<UseCaseContext, 'actor' | 'db' | 'clock' | 'notices' | 'logs'>;

/** @throws AppError forbidden unless the actor may do `action` on `resource` (by default: in the own organization). */
export function authorize(
  ctx: Pick<UseCaseContext, 'actor'>,
  action: Action,
  resource: Resource = { orgId: ctx.actor.orgId },
): void {
  if (!can(ctx.actor, action, resource))
    throw new AppError('forbidden', 'Your role in this organization does not allow this. Ask an admin or owner.');
}

/** @throws AppError forbidden unless the person operates the installation. */
export function authorizeOperator(ctx: Pick<PersonContext, 'person'>): void {
  if (!ctx.person.isOperator) throw new AppError('forbidden', 'Only operators of this installation may do this.');
}

/** Runs `work` in a transaction that sees the actor's organization only. */
export const inOrg = <T>(ctx: { db: Db; actor: Pick<Actor, 'orgId'> }, work: (tx: Tx) => Promise<T>): Promise<T> =>
  withOrg(ctx.db, ctx.actor.orgId, work);
