/** Clone and push over SSH: who may, and what a push starts. */
import { withOrg } from '#server/db/client.ts';
import { writeAudit } from '#server/db/audit.ts';
import { findMemberRole } from '#server/db/members.ts';
import { deploymentsOfProject, findHostedRepository, findKeyById, type HostedRepository, noteKeyUse } from '#server/db/system/ssh.ts'; // prettier-ignore
import { followedBranches } from '#server/domain/automatic-deploy.ts';
import { type Actor, can } from '#server/domain/permissions.ts';
import { AppError } from '#server/errors.ts';
import type { SourceProvider } from '#server/source/types.ts';
import type { GitQuestion } from '#server/ssh/git-wire.ts';
import type { Keys, LogContext } from '#server/usecases/context.ts';
import { requestRelease } from '#server/usecases/request-release.ts';

export interface GitContext extends Omit<LogContext, 'actor'> {
  keys: Keys;
  sources: SourceProvider;
  publicUrl: string;
}
export interface GitAccess {
  actor: Actor;
  repository: HostedRepository;
}

/** @throws AppError not_found (also for what is another organization's), forbidden */
export async function openRepository(ctx: GitContext, question: GitQuestion): Promise<GitAccess> {
  const owner = await findKeyById(ctx.db, question.keyId);
  if (!owner) throw new AppError('forbidden', 'Your key was removed.');
  const repository = await findHostedRepository(ctx.db, question.org, question.project);
  const role = repository && (await withOrg(ctx.db, repository.orgId, (tx) => findMemberRole(tx, repository.orgId, owner.userId))); // prettier-ignore
  if (!repository || !role)
    throw new AppError('not_found', `There is no repository ${question.org}/${question.project}.git here, or you have no access to it.`); // prettier-ignore
  const { orgId } = repository;
  const actor: Actor = { userId: owner.userId, sessionId: owner.keyId, orgId, role, isOperator: owner.isOperator };
  const isPush = question.service === 'git-receive-pack';
  if (!can(actor, isPush ? 'release.create' : 'project.read', { orgId }))
    throw new AppError('forbidden', `Your role in ${question.org} is ${role}: it may clone, not push. Ask an admin or owner.`); // prettier-ignore
  await noteKeyUse(ctx.db, owner.keyId, question.address, ctx.clock.now());
  await withOrg(ctx.db, orgId, (tx) =>
    writeAudit(tx, {
      orgId, actorId: owner.userId, action: isPush ? 'repository.push' : 'repository.fetch', resourceKind: 'repository', resourceId: repository.repositoryId,
      data: { address: question.address, connection: question.connectionId },
    }),
  ); // prettier-ignore
  return { actor, repository };
}

export interface PushedRelease {
  releaseId: string;
  deployment: string;
  url: string;
}

/**
 * Requests a release of each running deployment that follows the branch, and says of each other one why not.
 * @param say a line for the person who pushed
 */
export async function deployPush(
  ctx: GitContext,
  { actor, repository }: GitAccess,
  branch: string,
  say: (line: string) => void,
): Promise<PushedRelease[]> {
  const { orgId, projectId, repositoryId, orgSlug, projectSlug } = repository;
  const all = await withOrg(ctx.db, orgId, (tx) => deploymentsOfProject(tx, orgId, projectId));
  const following = all.filter(({ live }) =>
    followedBranches(live?.components ?? []).some((one) => one.repositoryId === repositoryId && one.ref === branch),
  );
  const page = `${ctx.publicUrl}/${orgSlug}/${projectSlug}`;
  if (following.length === 0) say(`Stored. Nothing that is live follows ${branch}: ${page}`);
  const started: PushedRelease[] = [];
  for (const deployment of following) {
    const url = `${page}/${deployment.slug}`;
    if (deployment.power !== 'running') say(`${deployment.name} is ${deployment.power}: not deployed. ${url}`);
    else if (deployment.pausedReason !== null)
      say(`${deployment.name}: automatic deploys are paused (${deployment.pausedReason}). ${url}`); // prettier-ignore
    else {
      try {
        const asked = { deploymentId: deployment.id, kind: 'trigger', trigger: { by: 'push', ref: branch } } as const;
        const { releaseId, number } = await requestRelease({ ...ctx, actor }, asked);
        started.push({ releaseId, deployment: deployment.name, url: `${url}/releases/${number}` });
        say(`${deployment.name}: release ${number} ${url}/releases/${number}`);
      } catch (error) {
        if (!(error instanceof AppError) || error.code === 'internal') throw error;
        say(`${deployment.name}: not deployed. ${error.message} ${url}`);
      }
    }
  }
  return started;
}
