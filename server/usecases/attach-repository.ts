/** What a Git URL and a credential come to before they are stored: a normalised URL, a pinned host key, a sealed token. */
import { and, eq } from 'drizzle-orm';
import type { Tx } from '#server/db/client.ts';
import { credentials } from '#server/db/schema/projects.ts';
import type { GitRef } from '#server/domain/settings.ts';
import { badInput } from '#server/errors.ts';
import { newId } from '#server/ids.ts';
import { formatGitUrl, parseGitUrl } from '#server/source/url.ts';
import { SourceFailure } from '#server/source/types.ts';
import { inOrg, type UseCaseContext } from '#server/usecases/context.ts';
import { insertToken } from '#server/usecases/manage-credentials.ts';

export type CredentialInput =
  { kind: 'none' } | { kind: 'stored'; credentialId: string } | { kind: 'token'; username: string; token: string };
export interface PreparedRepository {
  id: string;
  kind: 'platform' | 'git';
  url: string | null;
  defaultBranch: string;
  hostKey: string | null;
  credential: Exclude<CredentialInput, { kind: 'token' }>;
}

/** Checks that a stored credential is the organization's. @throws AppError bad_input */
export async function assertCredential(tx: Tx, orgId: string, credentialId: string): Promise<void> {
  const found = await tx.$count(credentials, and(eq(credentials.orgId, orgId), eq(credentials.id, credentialId)));
  if (found === 0) throw badInput('credential', 'There is no such credential.');
}

/** A given token becomes a stored credential, named after the host. */
export async function storeCredential(
  ctx: UseCaseContext,
  credential: CredentialInput,
  name: string,
): Promise<PreparedRepository['credential']> {
  if (credential.kind === 'none') return credential;
  return inOrg(ctx, async (tx) => {
    if (credential.kind === 'token')
      return { kind: 'stored', credentialId: await insertToken(ctx, tx, { name, ...credential }) };
    await assertCredential(tx, ctx.actor.orgId, credential.credentialId);
    return credential;
  });
}

/**
 * Pins the key of an ssh host at this first contact.
 * @throws AppError bad_input with the field at fault; unavailable when the network is away.
 */
export async function prepareRepository(
  ctx: UseCaseContext,
  input: { url: string; credential: CredentialInput; ref: GitRef },
): Promise<PreparedRepository> {
  const url = parseGitUrl(input.url, ctx.privateGitHosts);
  let hostKey: string | null = null;
  try {
    hostKey = await ctx.sources.hostKey(formatGitUrl(url), AbortSignal.timeout(20_000));
  } catch (error) {
    throw error instanceof SourceFailure ? badInput('url', `${error.message} ${error.advice}`) : error;
  }
  return {
    id: newId('repository'),
    kind: 'git',
    url: formatGitUrl(url),
    defaultBranch: input.ref.kind === 'branch' ? input.ref.name : 'main',
    hostKey,
    credential: await storeCredential(ctx, input.credential, `Token for ${url.host}`.slice(0, 60)),
  };
}
