/** The last answers to the branch polls. */
import { and, eq, inArray } from 'drizzle-orm';
import type { Queryable } from '#server/db/client.ts';
import { branchTips } from '#server/db/schema/platform.ts';

export const listBranchTips = (db: Queryable, orgId: string, repositoryIds: readonly string[]) =>
  db
    .select({ repositoryId: branchTips.repositoryId, ref: branchTips.ref, commit: branchTips.commit, message: branchTips.message, history: branchTips.history, checkedAt: branchTips.checkedAt })
    .from(branchTips)
    .where(and(eq(branchTips.orgId, orgId), inArray(branchTips.repositoryId, [...repositoryIds])))
    .limit(500); // prettier-ignore
