/** Looks into a Git repository before a project is made of it: its branches and what the planners find. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { listDirectory } from '#server/build/planners/listing.ts';
import { planBuild } from '#server/build/planners/index.ts';
import { findSealedCredential } from '#server/db/credentials.ts';
import { manifestName, problemLine, readManifest } from '#server/domain/manifest.ts';
import type { FailureCode } from '#server/domain/release.ts';
import { type GitRef, mergeSettings } from '#server/domain/settings.ts';
import type { RepositoryInspection } from '#server/domain/views/projects.ts';
import { AppError, badInput } from '#server/errors.ts';
import { newId } from '#server/ids.ts';
import { Secret, unseal } from '#server/secret.ts';
import { type RepositoryCredential, type RepositoryLocation, SourceFailure } from '#server/source/types.ts';
import { formatGitUrl, parseGitUrl } from '#server/source/url.ts';
import type { CredentialInput } from '#server/usecases/attach-repository.ts';
import { authorize, inOrg, type UseCaseContext } from '#server/usecases/context.ts';

const timeoutMs = 60_000;
/** A fetch each: more at once would crowd out the releases. */
const maxAtOnce = 4;
let atOnce = 0;

/** The credential itself, from what a form sent. @throws AppError bad_input */
export async function credentialOf(ctx: UseCaseContext, given: CredentialInput): Promise<RepositoryCredential | null> {
  if (given.kind === 'none') return null;
  if (given.kind === 'token') return { kind: 'token', username: given.username, token: new Secret(given.token) };
  const { orgId } = ctx.actor;
  const row = await inOrg(ctx, (tx) => findSealedCredential(tx, orgId, given.credentialId));
  if (!row) throw badInput('credential', 'There is no such credential.');
  const secret = unseal(ctx.keys.credentials, `${orgId}/${row.id}`, row.sealed);
  return row.kind === 'token' ? { kind: 'token', username: row.username, token: secret } : { kind: 'deploy-key', privateKey: secret }; // prettier-ignore
}

/** The field of the form that mends the failure. */
function fieldOf(code: FailureCode): string {
  if (code === 'clone_credentials') return 'credential';
  if (code === 'ref_missing') return 'ref';
  return code === 'root_missing' || code === 'path_outside_repository' ? 'rootDirectory' : 'url';
}

function manifestView(text: string | null): RepositoryInspection['manifest'] {
  if (text === null) return null;
  const result = readManifest(text);
  if (result.kind === 'wrong') return { kind: 'wrong', problems: result.problems.map(problemLine) };
  const components = result.components.map(({ name, kind, settings, variables }) => ({ name, kind, rootDirectory: settings.rootDirectory ?? '', variables: [...variables] })); // prettier-ignore
  return { kind: 'read', components };
}

async function look(
  ctx: UseCaseContext,
  location: Extract<RepositoryLocation, { kind: 'git' }>,
  wanted: { ref: GitRef | undefined; rootDirectory: string },
): Promise<RepositoryInspection> {
  const signal = AbortSignal.timeout(timeoutMs);
  const { branches, tags, defaultBranch } = await ctx.sources.listRefs(location, signal);
  const ref: GitRef = wanted.ref ?? { kind: 'branch', name: defaultBranch ?? branches[0] ?? 'main' };
  const resolved = await ctx.sources.resolve(location, ref, signal);
  await mkdir(ctx.workDir, { recursive: true, mode: 0o700 });
  const directory = await mkdtemp(path.join(ctx.workDir, 'inspect-'));
  try {
    await ctx.sources.fetch(location, resolved.commit, directory, { root: wanted.rootDirectory, extra: [] }, signal);
    const settings = mergeSettings({ rootDirectory: wanted.rootDirectory });
    const listing = await listDirectory(directory);
    const result = planBuild(listing, settings, {
      name: 'web',
      kind: 'web',
      buildVariables: [],
    });
    return {
      url: location.url,
      defaultBranch,
      branches,
      tags,
      ref,
      commit: { id: resolved.commit, message: resolved.message, author: resolved.author },
      found:
        result.kind === 'planned'
          ? { kind: 'plan', planner: result.plan.planner, lines: [...result.plan.found], port: result.plan.port }
          : { kind: 'none', message: result.message, advice: result.advice },
      manifest: manifestView(listing.read(manifestName)),
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Nothing is stored. @throws AppError bad_input with the field at fault, too_many, unavailable */
export async function inspectRepository(
  ctx: UseCaseContext,
  input: { url: string; credential: CredentialInput; ref?: GitRef | undefined; rootDirectory: string },
): Promise<RepositoryInspection> {
  authorize(ctx, 'project.create');
  const url = parseGitUrl(input.url, ctx.privateGitHosts);
  const credential = await credentialOf(ctx, input.credential);
  if (atOnce >= maxAtOnce)
    throw new AppError('too_many', 'Other repositories are being looked at. Try again.', { retryAfterSeconds: 5 });
  atOnce += 1;
  try {
    const hostKey = await ctx.sources.hostKey(formatGitUrl(url), AbortSignal.timeout(20_000));
    const location = {
      kind: 'git' as const,
      repositoryId: newId('repository'),
      url: formatGitUrl(url),
      credential,
      hostKey,
    };
    return await look(ctx, location, { ref: input.ref, rootDirectory: input.rootDirectory });
  } catch (error) {
    if (error instanceof SourceFailure) throw badInput(fieldOf(error.code), `${error.message} ${error.advice}`);
    throw error;
  } finally {
    atOnce -= 1;
  }
}
