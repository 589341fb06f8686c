/** Deployments that deploy by themselves, on the whole platform. Cross-organization by its nature. */
import { and, asc, eq, gt, inArray, isNull } from 'drizzle-orm';
import type { Db } from '#server/db/client.ts';
import { branchTips } from '#server/db/schema/platform.ts';
import { deployments, projects } from '#server/db/schema/projects.ts';
import { releases } from '#server/db/schema/releases.ts';
import { followedBranches, type Tips } from '#server/domain/automatic-deploy.ts';

const pageSize = 200;
export interface FollowingDeployment {
  id: string;
  orgId: string;
  asked: Tips | null;
  live: ReturnType<typeof followedBranches>;
}

/** Those that run, are not paused and have something live; the next page starts after `cursor`, null at the end. */
export async function listFollowing(
  db: Db,
  cursor: string,
): Promise<{ deployments: FollowingDeployment[]; next: string | null }> {
  const rows = await db
    .select({
      id: deployments.id,
      orgId: deployments.orgId,
      asked: deployments.autoDeployed,
      snapshot: releases.snapshot,
    }) // prettier-ignore
    .from(deployments)
    .innerJoin(projects, eq(projects.id, deployments.projectId))
    .innerJoin(releases, eq(releases.id, deployments.liveReleaseId))
    .where(
      and(
        gt(deployments.id, cursor),
        eq(deployments.autoDeploy, true),
        isNull(deployments.autoPausedReason),
        eq(deployments.power, 'running'),
        isNull(deployments.deletedAt),
        isNull(projects.deletedAt),
      ),
    )
    .orderBy(asc(deployments.id))
    .limit(pageSize);
  return {
    deployments: rows.map(({ snapshot, ...row }) => ({ ...row, live: followedBranches(snapshot.components) })),
    next: rows.length === pageSize ? (rows.at(-1)?.id ?? null) : null,
  };
}

/** The last known tips of the branches that the deployment follows; a branch that nobody looked at yet is left out. */
export async function tipsOf(db: Db, { orgId, live }: FollowingDeployment): Promise<Tips> {
  if (live.length === 0) return {};
  const rows = await db
    .select({ repositoryId: branchTips.repositoryId, ref: branchTips.ref, commit: branchTips.commit })
    .from(branchTips)
    .where(and(eq(branchTips.orgId, orgId), inArray(branchTips.repositoryId, live.map((one) => one.repositoryId)))); // prettier-ignore
  return Object.fromEntries(
    live.flatMap(({ componentId, repositoryId, ref }) => {
      const tip = rows.find((row) => row.repositoryId === repositoryId && row.ref === ref);
      return tip ? [[componentId, tip.commit] as const] : [];
    }),
  );
}
