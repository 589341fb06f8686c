/** Which branches are followed on the whole platform, and what the poller found. Cross-organization by its nature. */
import { and, asc, eq, gt, inArray, isNull, sql } from 'drizzle-orm';
import type { Db } from '#server/db/client.ts';
import { branchTips } from '#server/db/schema/platform.ts';
import { components, deployments, drafts, repositories } from '#server/db/schema/projects.ts';
import { deploymentEvents, releases } from '#server/db/schema/releases.ts';
import { followedBranches } from '#server/domain/automatic-deploy.ts';
import { mergeSettings, type SettingsOverrides } from '#server/domain/settings.ts';

/** One branch of one repository, with the deployments that follow it. */
export interface FollowedBranch {
  orgId: string;
  projectId: string;
  repositoryId: string;
  ref: string;
  deploymentIds: string[];
}
const pageSize = 200;

/**
 * Branches that drafts of existing deployments name, and those of what is live where moves are deployed by themselves; the
 * next page starts after `cursor`, null at the end.
 */
export async function listFollowedBranches(
  db: Db,
  cursor: string,
): Promise<{ branches: FollowedBranch[]; next: string | null }> {
  const rows = await db
    .select({
      id: deployments.id,
      orgId: deployments.orgId,
      projectId: deployments.projectId,
      document: drafts.document,
      live: releases.snapshot,
    })
    .from(deployments)
    .innerJoin(drafts, eq(drafts.deploymentId, deployments.id))
    .leftJoin(releases, and(eq(releases.id, deployments.liveReleaseId), eq(deployments.autoDeploy, true)))
    .where(and(gt(deployments.id, cursor), isNull(deployments.deletedAt)))
    .orderBy(asc(deployments.id))
    .limit(pageSize);
  const ids = rows.flatMap((row) => row.document.components.map((entry) => entry.componentId));
  const known = ids.length === 0 ? [] : await db
    .select({ id: components.id, settings: components.settings, repositoryId: repositories.id })
    .from(components)
    .innerJoin(repositories, eq(repositories.id, components.repositoryId))
    .where(and(inArray(components.id, ids), isNull(components.removedAt))); // prettier-ignore
  const byId = new Map(known.map((row) => [row.id, row]));
  const branches = new Map<string, FollowedBranch>();
  for (const { id, orgId, projectId, document, live } of rows) {
    const follow = (repositoryId: string, ref: string): void => {
      const key = `${repositoryId}/${ref}`;
      const branch = branches.get(key) ?? { orgId, projectId, repositoryId, ref, deploymentIds: [] };
      if (!branch.deploymentIds.includes(id)) branch.deploymentIds.push(id);
      branches.set(key, branch);
    };
    for (const entry of document.components) {
      const component = byId.get(entry.componentId);
      if (!component) continue;
      const { ref } = mergeSettings(component.settings, entry.overrides as SettingsOverrides);
      if (ref.kind === 'branch') follow(component.repositoryId, ref.name);
    }
    for (const { repositoryId, ref } of followedBranches(live?.components ?? [])) follow(repositoryId, ref);
  }
  return { branches: [...branches.values()], next: rows.length === pageSize ? (rows.at(-1)?.id ?? null) : null };
}

export async function knownTip(db: Db, branch: FollowedBranch): Promise<string | null> {
  const [row] = await db
    .select({ commit: branchTips.commit })
    .from(branchTips)
    .where(
      and(
        eq(branchTips.orgId, branch.orgId),
        eq(branchTips.repositoryId, branch.repositoryId),
        eq(branchTips.ref, branch.ref),
      ),
    );
  return row?.commit ?? null;
}

/** The tip is still the same: only the time of the look moves, and nobody is woken. */
export async function confirmTip(db: Db, { orgId, repositoryId, ref }: FollowedBranch): Promise<void> {
  await db
    .update(branchTips)
    .set({ checkedAt: sql`now()` })
    .where(and(eq(branchTips.orgId, orgId), eq(branchTips.repositoryId, repositoryId), eq(branchTips.ref, ref)));
}

/** A new tip, and an event on each deployment that follows the branch, in one transaction. */
export async function moveTip(
  db: Db,
  branch: FollowedBranch,
  tip: { commit: string; message: string; history: string[] },
): Promise<void> {
  const { orgId, projectId, repositoryId, ref, deploymentIds } = branch;
  await db.transaction(async (tx) => {
    await tx
      .insert(branchTips)
      .values({ orgId, repositoryId, ref, ...tip })
      .onConflictDoUpdate({
        target: [branchTips.repositoryId, branchTips.ref],
        set: { ...tip, checkedAt: sql`now()`, changedAt: sql`now()` },
      });
    for (const deploymentId of deploymentIds) {
      await tx
        .insert(deploymentEvents)
        .values({ orgId, projectId, deploymentId, kind: 'branch.moved', data: { ref, commit: tip.commit } });
    }
  });
}
