/** Tokens and deploy keys for repositories. Write-only: what is read is a name, four characters and a public key. */
import { and, asc, eq, sql } from 'drizzle-orm';
import { generateDeployKeyPair } from '#server/auth/deploy-key.ts';
import { writeAudit } from '#server/db/audit.ts';
import type { Tx } from '#server/db/client.ts';
import { credentials, repositories } from '#server/db/schema/projects.ts';
import { limits } from '#server/domain/limits.ts';
import type { CredentialView } from '#server/domain/views/projects.ts';
import { AppError, notFound } from '#server/errors.ts';
import { newId } from '#server/ids.ts';
import { seal } from '#server/secret.ts';
import { authorize, inOrg, type UseCaseContext } from '#server/usecases/context.ts';
import { assertQuota } from '#server/usecases/quota.ts';

/** Last four characters of a secret of 12 or more. */
export const hintOf = (secret: string): string => (secret.length >= 12 ? secret.slice(-4) : '');

const views = (tx: Tx, orgId: string): Promise<CredentialView[]> =>
  tx
    .select({
      id: credentials.id, kind: credentials.kind, name: credentials.name, username: credentials.username, hint: credentials.hint,
      publicKey: credentials.publicKey, createdAt: credentials.createdAt,
      usedBy: sql<number>`(select count(*)::int from ${repositories} r where r.org_id = ${orgId} and r.credential_id = ${credentials}.id)`,
    })
    .from(credentials)
    .where(eq(credentials.orgId, orgId))
    .orderBy(asc(credentials.name))
    .limit(limits.credentials); // prettier-ignore

export function listCredentials(ctx: UseCaseContext): Promise<CredentialView[]> {
  authorize(ctx, 'credential.read');
  return inOrg(ctx, (tx) => views(tx, ctx.actor.orgId));
}

interface NewCredential {
  kind: 'token' | 'deploy-key';
  name: string;
  username: string;
  secret: string;
  hint: string;
  publicKey: string | null;
}
async function insert(ctx: UseCaseContext, tx: Tx, given: NewCredential): Promise<string> {
  const { orgId, userId } = ctx.actor;
  await assertQuota(tx, { scope: `credentials:${orgId}`, what: 'credentials', limit: limits.credentials }, () =>
    tx.$count(credentials, eq(credentials.orgId, orgId)),
  );
  const { secret, ...row } = given;
  const id = newId('credential');
  await tx.insert(credentials).values({ id, orgId, ...row, sealed: seal(ctx.keys.credentials, `${orgId}/${id}`, secret) }); // prettier-ignore
  await writeAudit(tx, { orgId, actorId: userId, action: 'credential.create', resourceKind: 'credential', resourceId: id, data: { kind: row.kind, name: row.name } }); // prettier-ignore
  return id;
}
/** @throws AppError too_many */
export const insertToken = (
  ctx: UseCaseContext,
  tx: Tx,
  input: { name: string; username: string; token: string },
): Promise<string> => {
  authorize(ctx, 'credential.manage');
  const { name, username, token } = input;
  return insert(ctx, tx, { kind: 'token', name, username, secret: token, hint: hintOf(token), publicKey: null });
};

async function read(tx: Tx, orgId: string, id: string): Promise<CredentialView> {
  const found = (await views(tx, orgId)).find((row) => row.id === id);
  if (!found) throw notFound();
  return found;
}
export const createCredential = (
  ctx: UseCaseContext,
  input: { name: string; username: string; token: string },
): Promise<CredentialView> => inOrg(ctx, async (tx) => read(tx, ctx.actor.orgId, await insertToken(ctx, tx, input)));

/** Makes a key pair; the private half never leaves the platform. */
export async function generateDeployKey(ctx: UseCaseContext, input: { name: string }): Promise<CredentialView> {
  authorize(ctx, 'credential.manage');
  const key = generateDeployKeyPair();
  return inOrg(ctx, async (tx) => {
    const id = await insert(ctx, tx, {
      kind: 'deploy-key', name: input.name, username: '', secret: key.privateKey.reveal(), hint: '', publicKey: key.publicKey,
    }); // prettier-ignore
    return read(tx, ctx.actor.orgId, id);
  });
}

/** @throws AppError not_found; conflict while a repository uses it. */
export async function deleteCredential(ctx: UseCaseContext, input: { credentialId: string }): Promise<{ id: string }> {
  authorize(ctx, 'credential.manage');
  const { orgId, userId } = ctx.actor;
  return inOrg(ctx, async (tx) => {
    const { usedBy, name } = await read(tx, orgId, input.credentialId);
    if (usedBy > 0) throw new AppError('conflict', `${usedBy} ${usedBy === 1 ? 'repository uses' : 'repositories use'} it. Give them another one first.`); // prettier-ignore
    await tx.delete(credentials).where(and(eq(credentials.orgId, orgId), eq(credentials.id, input.credentialId)));
    await writeAudit(tx, { orgId, actorId: userId, action: 'credential.delete', resourceKind: 'credential', resourceId: input.credentialId, data: { name } }); // prettier-ignore
    return { id: input.credentialId };
  });
}
