/** Sessions by SSH: who a key belongs to, what it may open, and whether it still may. */
import type { Clock } from '#server/clock.ts';
import { writeAudit } from '#server/db/audit.ts';
import { type Db, withOrg } from '#server/db/client.ts';
import { findMemberRole } from '#server/db/members.ts';
import { findDeploymentByHandle, findKeyByBlob, findKeyById, type HandleRow, hasSignedInFrom, type KeyOwner, liveInstances, livingKeys, noteKeyUse, type RunningRow } from '#server/db/system/ssh.ts'; // prettier-ignore
import { type Actor, can } from '#server/domain/permissions.ts';
import { signPass } from '#server/ssh/passes.ts';
import type { OpenConnection, SessionGrant, SessionQuery } from '#server/ssh/desk.ts';

export interface SshContext {
  db: Db;
  clock: Clock;
  /** Signs passes for the agent. */
  passKey: Buffer;
  publicUrl: string;
  /** Connections whose beginning was written down; the desk's own memory. */
  connections: Map<string, { orgId: string; actorId: string; deploymentId: string; since: Date; keyId: string }>;
}

const refused = (message: string): SessionGrant => ({ kind: 'refused', message });
const unknown = (login: string): SessionGrant =>
  refused(`There is no deployment for the login ${printable(login)}, or you have no access to it.`);
/** What a client sent, fit to be shown in its terminal. */
const printable = (text: string): string => JSON.stringify(text.replace(/[^\x20-\x7e]/g, '?').slice(0, 80));

/** @returns `hint`: what to do about a key that nobody has; empty for people who signed in from there before. */
export async function findSshKey(
  ctx: SshContext,
  query: { blob: string; fingerprint: string; address: string },
): Promise<{ keyId: string } | { keyId: null; hint: string }> {
  const owner = await findKeyByBlob(ctx.db, query.blob);
  if (owner) return { keyId: owner.keyId };
  if (await hasSignedInFrom(ctx.db, query.address)) return { keyId: null, hint: '' };
  const page = `${ctx.publicUrl}/ssh-keys`;
  return {
    keyId: null,
    hint: `Slipway does not know the key ${query.fingerprint}. Add it at ${page}, then try again.`,
  };
}

/** The person behind the key as a member, or null: not one, or the key is gone. */
async function actorOf(ctx: SshContext, owner: KeyOwner, orgId: string): Promise<Actor | null> {
  const role = await withOrg(ctx.db, orgId, (tx) => findMemberRole(tx, orgId, owner.userId));
  const { userId, keyId, isOperator } = owner;
  return role ? { userId, sessionId: keyId, orgId, role, isOperator } : null;
}

/** Authorizes one channel and picks its instance. Refusals are answers: the person reads them. */
export async function openSshSession(ctx: SshContext, query: SessionQuery): Promise<SessionGrant> {
  const owner = await findKeyById(ctx.db, query.keyId);
  if (!owner) return refused('Your key was removed.');
  const [first = '', second] = query.login.toLowerCase().split('.', 2);
  const [component, handle] = second === undefined ? [null, first] : [first, second];
  const deployment = /^[a-z0-9-]{1,63}$/.test(handle) ? await findDeploymentByHandle(ctx.db, handle) : null;
  const actor = deployment ? await actorOf(ctx, owner, deployment.orgId) : null;
  if (!deployment || !actor) return unknown(query.login);
  if (!can(actor, 'deployment.connect', { orgId: deployment.orgId }))
    return refused(`Your role in ${deployment.orgSlug} is ${actor.role}: it may look at ${deployment.name}, not open a session in it. Ask an admin or owner.`); // prettier-ignore
  const page = `${ctx.publicUrl}/${deployment.orgSlug}/${deployment.projectSlug}/${deployment.slug}`;
  if (deployment.power !== 'running')
    return refused(`${deployment.name} is ${deployment.power === 'trashed' ? 'in the trash' : deployment.power}. Nothing of it runs: ${page}`); // prettier-ignore
  const running = await withOrg(ctx.db, deployment.orgId, (tx) => liveInstances(tx, deployment.orgId, deployment.id));
  const chosen = choose(running, component);
  if (typeof chosen === 'string') return refused(`${chosen} ${page}`);
  await begin(ctx, query, owner, deployment, chosen);
  const { want } = query;
  const use = typeof want === 'object' ? ({ kind: 'dial', port: want.port } as const) : ({ kind: 'shell' } as const);
  return {
    kind: 'granted',
    pass: signPass(ctx.passKey, chosen.instanceId, use, ctx.clock.now()),
    orgId: deployment.orgId,
    deploymentId: deployment.id,
    instanceId: chosen.instanceId,
    notice: noticeOf(deployment, chosen),
  };
}

/** The instance, or the sentence that says why there is none. */
function choose(running: readonly RunningRow[], component: string | null): RunningRow | string {
  const names = [...new Set(running.map((row) => row.component))];
  if (names.length === 0) return 'Nothing of this deployment is live yet. Deploy it first:';
  const ofIt = running.filter((row) => row.component === (component ?? names[0]));
  const chosen = ofIt.find((row) => row.phase === 'running') ?? ofIt[0];
  return chosen ?? `No component of that name runs here. There is: ${names.join(', ')}.`;
}

function noticeOf(deployment: HandleRow, { component }: RunningRow): string {
  const where = `${component} of ${deployment.projectName} / ${deployment.name}`;
  if (deployment.stageKind !== 'built') return where;
  return `${where}. This instance serves: what you change in it is lost with its next deploy or restart.`;
}

/** The first channel of a connection writes the audit entry. */
async function begin(
  ctx: SshContext,
  query: SessionQuery,
  owner: KeyOwner,
  deployment: HandleRow,
  { instanceId, component }: RunningRow,
): Promise<void> {
  const known = ctx.connections.get(query.connectionId);
  if (known?.deploymentId === deployment.id) return;
  const since = ctx.clock.now();
  const { orgId } = deployment;
  await noteKeyUse(ctx.db, owner.keyId, query.address, since);
  await withOrg(ctx.db, orgId, (tx) =>
    writeAudit(tx, {
      orgId, actorId: owner.userId, action: 'session.open', resourceKind: 'deployment', resourceId: deployment.id,
      data: { instanceId, component, address: query.address, connection: query.connectionId },
    }),
  ); // prettier-ignore
  ctx.connections.set(query.connectionId, { orgId, actorId: owner.userId, deploymentId: deployment.id, since, keyId: owner.keyId }); // prettier-ignore
}

/** Writes how long it was. Fine for a connection that opened nothing. */
export async function closeSshConnection(ctx: SshContext, connectionId: string): Promise<void> {
  const known = ctx.connections.get(connectionId);
  if (!known) return;
  ctx.connections.delete(connectionId);
  const { orgId, actorId, deploymentId, since } = known;
  const seconds = Math.round((ctx.clock.now().getTime() - since.getTime()) / 1000);
  await withOrg(ctx.db, orgId, (tx) =>
    writeAudit(tx, {
      orgId, actorId, action: 'session.close', resourceKind: 'deployment', resourceId: deploymentId, data: { seconds, connection: connectionId },
    }),
  ); // prettier-ignore
}

/** Which of the connections have no right to go on: their key is gone, or their membership or its right. */
export async function expiredSshConnections(
  ctx: SshContext,
  open: readonly OpenConnection[],
): Promise<{ connectionId: string; message: string }[]> {
  const living = await livingKeys(ctx.db, [...new Set(open.map((connection) => connection.keyId))]);
  const mayConnect = new Map<string, boolean>();
  for (const { keyId, orgId } of open) {
    const pair = `${keyId} ${orgId}`;
    if (orgId === null || mayConnect.has(pair) || !living.has(keyId)) continue;
    const owner = await findKeyById(ctx.db, keyId);
    const actor = owner ? await actorOf(ctx, owner, orgId) : null;
    mayConnect.set(pair, actor !== null && can(actor, 'deployment.connect', { orgId }));
  }
  return open.flatMap(({ connectionId, keyId, orgId }) => {
    if (!living.has(keyId)) return [{ connectionId, message: 'Your SSH key was removed: this session ends.' }];
    if (orgId === null || mayConnect.get(`${keyId} ${orgId}`)) return [];
    return [{ connectionId, message: 'You have no access to this deployment any more: this session ends.' }];
  });
}
