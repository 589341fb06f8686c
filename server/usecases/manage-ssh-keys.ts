/** A person's SSH keys: pasted, or imported from where they are published. */
import { deleteSshKey, insertSshKeys, listSshKeys, ownBlobs } from '#server/db/ssh-keys.ts';
import { limits } from '#server/domain/limits.ts';
import type { AddedSshKeys, SshKeyView } from '#server/domain/views/accounts.ts';
import { AppError, badInput, notFound } from '#server/errors.ts';
import { newId } from '#server/ids.ts';
import { type KeySite, publishedKeys } from '#server/ssh/import-keys.ts';
import { parsePublicKeys, type PublicKey } from '#server/ssh/public-keys.ts';
import type { PersonContext } from '#server/usecases/context.ts';

const importLimitMs = 15_000;

export const listOwnSshKeys = (ctx: PersonContext): Promise<SshKeyView[]> =>
  listSshKeys(ctx.db, ctx.person.userId, limits.sshKeys);

/** @throws AppError bad_input (which line is wrong and why), conflict, too_many */
export async function addSshKeys(
  ctx: PersonContext,
  input: { text: string; name?: string | undefined },
): Promise<AddedSshKeys> {
  const parsed = parsePublicKeys(input.text);
  const many = parsed.length > 1;
  const keys = parsed.map((result) => {
    if (result.ok) return result.key;
    throw badInput('text', many ? `Line ${result.line}: ${result.problem}` : result.problem);
  });
  if (keys.length === 0) throw badInput('text', 'Paste a public key: the content of a file that ends in .pub.');
  return insert(ctx, keys, (key) => (many ? key.comment : input.name || key.comment) || 'SSH key');
}

/** Takes what is strong enough of what a person published. @throws AppError bad_input, unavailable, too_many */
export async function importSshKeys(ctx: PersonContext, input: { site: KeySite; name: string }): Promise<AddedSshKeys> {
  const text = await publishedKeys(input.site, input.name, ctx.keySites, AbortSignal.timeout(importLimitMs));
  const keys = parsePublicKeys(text).flatMap((result) => (result.ok ? [result.key] : []));
  if (keys.length === 0) throw badInput('name', 'This user has published no key that is taken here.');
  const from = `${input.site === 'github' ? 'GitHub' : 'GitLab'}: ${input.name}`;
  return insert(ctx, keys, (key) => key.comment || from.slice(0, 60));
}

async function insert(
  ctx: PersonContext,
  keys: PublicKey[],
  nameOf: (key: PublicKey) => string,
): Promise<AddedSshKeys> {
  const { userId } = ctx.person;
  const unique = [...new Map(keys.map((key) => [key.fingerprint, key])).values()];
  return ctx.db.transaction(async (tx) => {
    const had = await ownBlobs(tx, userId, unique.map(({ blob }) => blob.toString('base64'))); // prettier-ignore
    const fresh = unique.filter(({ blob }) => !had.has(blob.toString('base64')));
    const rows = fresh.map((key) => ({
      id: newId('sshKey'), userId, name: nameOf(key), algorithm: key.algorithm, fingerprint: key.fingerprint, blob: key.blob.toString('base64'),
    })); // prettier-ignore
    const added = rows.length === 0 ? [] : await insertSshKeys(tx, rows);
    // A key signs in one account: whose it would be otherwise could not be said.
    if (added.length < rows.length)
      throw new AppError('conflict', 'One of these keys belongs to another account. Make a key of your own for this one.', { field: 'text' }); // prettier-ignore
    const all = await listSshKeys(tx, userId, limits.sshKeys + 1);
    if (all.length > limits.sshKeys)
      throw new AppError('too_many', `An account has ${limits.sshKeys} SSH keys at most. Remove one first.`);
    return { added: added.length, known: had.size, keys: all };
  });
}

/** Sessions that signed in with it end within seconds. @throws AppError not_found */
export async function removeSshKey(ctx: PersonContext, input: { id: string }): Promise<{ id: string }> {
  if (!(await deleteSshKey(ctx.db, ctx.person.userId, input.id))) throw notFound();
  return { id: input.id };
}
