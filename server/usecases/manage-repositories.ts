/** Repositories of a project, and the credential with which each is read. */
import { and, eq } from 'drizzle-orm';
import { writeAudit } from '#server/db/audit.ts';
import { findProject, findRepository, listRepositoryRows } from '#server/db/projects.ts';
import { repositories } from '#server/db/schema/projects.ts';
import type { RepositoryView } from '#server/domain/views/projects.ts';
import { AppError, notFound } from '#server/errors.ts';
import { type CredentialInput, storeCredential } from '#server/usecases/attach-repository.ts';
import { authorize, inOrg, type UseCaseContext } from '#server/usecases/context.ts';
import { repositoryView } from '#server/usecases/read-projects.ts';

/** @throws AppError not_found */
export function listRepositories(ctx: UseCaseContext, input: { projectId: string }): Promise<RepositoryView[]> {
  authorize(ctx, 'project.read');
  const { orgId } = ctx.actor;
  return inOrg(ctx, async (tx) => {
    const project = await findProject(tx, orgId, input.projectId);
    if (!project) throw notFound();
    return (await listRepositoryRows(tx, orgId, project.id)).map(repositoryView);
  });
}

/** @throws AppError not_found, bad_input, conflict for the platform's own repositories. */
export async function setRepositoryCredential(
  ctx: UseCaseContext,
  input: { repositoryId: string; credential: CredentialInput },
): Promise<RepositoryView> {
  authorize(ctx, 'credential.manage');
  const { orgId, userId } = ctx.actor;
  const found = await inOrg(ctx, (tx) => findRepository(tx, orgId, input.repositoryId));
  if (!found) throw notFound();
  if (found.url === null) throw new AppError('conflict', 'The platform’s own repositories need no credential.');
  const stored = await storeCredential(ctx, input.credential, `Token for ${new URL(found.url.includes('://') ? found.url : `ssh://${found.url.replace(':', '/')}`).hostname}`.slice(0, 60)); // prettier-ignore
  return inOrg(ctx, async (tx) => {
    const credentialId = stored.kind === 'stored' ? stored.credentialId : null;
    await tx
      .update(repositories)
      .set({ credentialId })
      .where(and(eq(repositories.orgId, orgId), eq(repositories.id, found.id)));
    await writeAudit(tx, { orgId, actorId: userId, action: 'repository.credential', resourceKind: 'repository', resourceId: found.id }); // prettier-ignore
    const row = await findRepository(tx, orgId, found.id);
    if (!row) throw notFound();
    return repositoryView(row);
  });
}
