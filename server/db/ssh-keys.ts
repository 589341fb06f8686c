/** SSH keys of people. The table belongs to no organization; each statement names the person. */
import { and, asc, eq, inArray } from 'drizzle-orm';
import type { Queryable } from '#server/db/client.ts';
import { sshKeys } from '#server/db/schema/ssh.ts';
import type { SshKeyView } from '#server/domain/views/accounts.ts';

const viewColumns = {
  id: sshKeys.id, name: sshKeys.name, algorithm: sshKeys.algorithm, fingerprint: sshKeys.fingerprint,
  createdAt: sshKeys.createdAt, lastUsedAt: sshKeys.lastUsedAt, lastUsedFrom: sshKeys.lastUsedFrom,
}; // prettier-ignore

/** Oldest first. */
export const listSshKeys = (db: Queryable, userId: string, limit: number): Promise<SshKeyView[]> =>
  db.select(viewColumns).from(sshKeys).where(eq(sshKeys.userId, userId)).orderBy(asc(sshKeys.createdAt), asc(sshKeys.id)).limit(limit); // prettier-ignore

export interface NewSshKey {
  id: string;
  userId: string;
  name: string;
  algorithm: string;
  fingerprint: string;
  blob: string;
}
/** Leaves out those that are registered already, whoever has them. The ids that were added. */
export async function insertSshKeys(db: Queryable, keys: NewSshKey[]): Promise<string[]> {
  const rows = await db.insert(sshKeys).values(keys).onConflictDoNothing().returning({ id: sshKeys.id });
  return rows.map((row) => row.id);
}

/** Which of these blobs the person has registered. */
export async function ownBlobs(db: Queryable, userId: string, blobs: string[]): Promise<Set<string>> {
  const rows = await db
    .select({ blob: sshKeys.blob })
    .from(sshKeys)
    .where(and(eq(sshKeys.userId, userId), inArray(sshKeys.blob, blobs)));
  return new Set(rows.map((row) => row.blob));
}

export async function deleteSshKey(db: Queryable, userId: string, id: string): Promise<boolean> {
  const rows = await db
    .delete(sshKeys)
    .where(and(eq(sshKeys.id, id), eq(sshKeys.userId, userId)))
    .returning({ id: sshKeys.id });
  return rows.length > 0;
}
