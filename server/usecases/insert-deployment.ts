/** The rows of a new deployment: itself, its draft and its first event. */
import { and, asc, eq } from 'drizzle-orm';
import type { Tx } from '#server/db/client.ts';
import { recordEvent } from '#server/db/events.ts';
import { regions } from '#server/db/schema/platform.ts';
import { deployments, drafts } from '#server/db/schema/projects.ts';
import { limits } from '#server/domain/limits.ts';
import { handleFrom, isPageWord, slugFrom } from '#server/domain/naming.ts';
import type { Draft } from '#server/domain/settings.ts';
import type { StageKind } from '#server/domain/words.ts';
import { AppError, badInput } from '#server/errors.ts';
import { newId, randomSuffix } from '#server/ids.ts';
import type { UseCaseContext } from '#server/usecases/context.ts';
import { assertDeploymentRoom } from '#server/usecases/plan-room.ts';
import { assertQuota } from '#server/usecases/quota.ts';

export interface NewDeployment {
  project: { id: string; slug: string };
  name: string;
  /** Made from the name when it is not given. */
  slug: string | undefined;
  stage: { name: string; kind: StageKind };
  regionId: string | undefined;
  draft: Draft;
}

/** The region asked for, or the first. @throws AppError bad_input */
async function chooseRegion(tx: Tx, regionId: string | undefined): Promise<string> {
  const [row] = await tx
    .select({ id: regions.id })
    .from(regions)
    .where(and(eq(regions.enabled, true), regionId === undefined ? undefined : eq(regions.id, regionId)))
    .orderBy(asc(regions.createdAt))
    .limit(1);
  if (!row) throw badInput('regionId', 'There is no such region.');
  return row.id;
}

/** @throws AppError bad_input (slug taken, no such region), too_many (limit of the project or the plan). */
export async function insertDeployment(
  ctx: UseCaseContext,
  tx: Tx,
  input: NewDeployment,
): Promise<{ id: string; slug: string; handle: string }> {
  const { orgId, userId } = ctx.actor;
  const { project } = input;
  await assertQuota(
    tx,
    { scope: `deployments:${project.id}`, what: 'deployments per project', limit: limits.deploymentsPerProject },
    () => tx.$count(deployments, and(eq(deployments.orgId, orgId), eq(deployments.projectId, project.id))),
  );
  await assertDeploymentRoom(tx, orgId);
  const slug = input.slug ?? slugFrom(input.name);
  if (isPageWord('deployment', slug)) throw badInput('slug', 'This name stands for a page. Choose another one.');
  const taken = await tx.$count(
    deployments,
    and(eq(deployments.orgId, orgId), eq(deployments.projectId, project.id), eq(deployments.slug, slug)),
  );
  if (taken > 0) throw badInput('slug', 'The project has a deployment of this name, perhaps in the trash.');
  const id = newId('deployment');
  const regionId = await chooseRegion(tx, input.regionId);
  const handle = await insertWithHandle(tx, project.slug, {
    id, orgId, projectId: project.id, regionId, slug, name: input.name, stageName: input.stage.name, stageKind: input.stage.kind, createdBy: userId,
  }); // prettier-ignore
  await tx.insert(drafts).values({ deploymentId: id, orgId, document: input.draft, updatedBy: userId });
  await recordEvent(tx, {
    orgId,
    projectId: project.id,
    deploymentId: id,
    kind: 'deployment.created',
    actorId: userId,
  });
  return { id, slug, handle };
}

/** Handles are unique on the whole platform, whose other organizations are out of sight: try until one is free. */
async function insertWithHandle(
  tx: Tx,
  projectSlug: string,
  row: Omit<typeof deployments.$inferInsert, 'handle'>,
): Promise<string> {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const handle = handleFrom(projectSlug, row.slug, randomSuffix(4));
    const made = await tx
      .insert(deployments)
      .values({ ...row, handle })
      .onConflictDoNothing({ target: deployments.handle })
      .returning({ id: deployments.id });
    if (made.length > 0) return handle;
  }
  throw new AppError('unavailable', 'No free host name was found. Try again.');
}
