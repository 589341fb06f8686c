/** Where the code of a repository is and with what it may be read: the row, its credential unsealed. */
import { and, eq } from 'drizzle-orm';
import type { Queryable } from '#server/db/client.ts';
import { credentials, repositories } from '#server/db/schema/projects.ts';
import { AppError, notFound } from '#server/errors.ts';
import { unseal } from '#server/secret.ts';
import type { RepositoryCredential, RepositoryLocation } from '#server/source/types.ts';

/** @param key seals credentials with context `<orgId>/<credentialId>`. @throws AppError not_found */
export async function repositoryLocation(
  db: Queryable,
  key: Buffer,
  orgId: string,
  repositoryId: string,
): Promise<RepositoryLocation> {
  const [row] = await db
    .select({
      kind: repositories.kind,
      url: repositories.url,
      hostKey: repositories.hostKey,
      credentialId: credentials.id,
      credentialKind: credentials.kind,
      username: credentials.username,
      sealed: credentials.sealed,
    })
    .from(repositories)
    .leftJoin(credentials, and(eq(credentials.id, repositories.credentialId), eq(credentials.orgId, orgId)))
    .where(and(eq(repositories.id, repositoryId), eq(repositories.orgId, orgId)));
  if (!row) throw notFound();
  if (row.kind === 'platform') return { kind: 'platform', repositoryId };
  if (row.url === null) throw new AppError('internal', 'The repository has no URL.');
  return {
    kind: 'git',
    repositoryId,
    url: row.url,
    hostKey: row.hostKey,
    credential: credentialOf(key, orgId, row),
  };
}

function credentialOf(
  key: Buffer,
  orgId: string,
  row: { credentialId: string | null; credentialKind: string | null; username: string | null; sealed: string | null },
): RepositoryCredential | null {
  if (row.credentialId === null || row.sealed === null) return null;
  const secret = unseal(key, `${orgId}/${row.credentialId}`, row.sealed);
  return row.credentialKind === 'token'
    ? { kind: 'token', username: row.username ?? '', token: secret }
    : { kind: 'deploy-key', privateKey: secret };
}
