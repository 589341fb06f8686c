/** The Overview of a deployment, and its timeline. */
import { listBranchTips } from '#server/db/branch-tips.ts';
import type { Tx } from '#server/db/client.ts';
import { type DeploymentRow, findDeploymentByPath, readDeploymentStates } from '#server/db/deployments.ts';
import { listEvents } from '#server/db/events.ts';
import { listComponentRows } from '#server/db/projects.ts';
import { findReleaseRow, hasDeployment, listReleaseRows } from '#server/db/release-views.ts';
import { readDraft } from '#server/db/drafts.ts';
import { componentRoute } from '#server/domain/routes.ts';
import { edgeUrl, sshHost } from '#server/domain/naming.ts';
import { standingKinds } from '#server/domain/words.ts';
import { isOperation } from '#server/domain/release-machine.ts';
import type { SnapshotComponent } from '#server/domain/release.ts';
import type { Page } from '#server/domain/views/common.ts';
import type { DraftComponentView } from '#server/domain/views/projects.ts';
import type { BranchTip, DeploymentView, TimelineEntry } from '#server/domain/views/releases.ts';
import { badInput, notFound } from '#server/errors.ts';
import { authorize, inOrg, type UseCaseContext } from '#server/usecases/context.ts';
import { deploymentSummary, statusTree } from '#server/usecases/deployment-view.ts';
import { diffAgainstLive, draftComponents } from '#server/usecases/read-draft.ts';
import { releaseRow } from '#server/usecases/release-row.ts';

async function timeline(
  tx: Tx,
  orgId: string,
  deploymentId: string,
  before: number | null,
  limit: number,
): Promise<TimelineEntry[]> {
  const rows = await listEvents(tx, orgId, deploymentId, before, limit);
  return rows.map(({ actorId, actorName, ...row }) => ({
    ...row,
    actor: actorId ? { id: actorId, name: actorName ?? '' } : null,
  }));
}

/** What branches have now against what is live; from the poller's last answers. */
async function branchTips(
  tx: Tx,
  orgId: string,
  drafted: readonly (DraftComponentView & { repositoryId: string | null })[],
  live: readonly SnapshotComponent[],
): Promise<BranchTip[]> {
  const followed = drafted.filter((component) => component.effective.ref.kind === 'branch');
  const repositoryIds = followed.flatMap((component) => component.repositoryId ?? []);
  if (repositoryIds.length === 0) return [];
  const tips = await listBranchTips(tx, orgId, repositoryIds);
  return tips.flatMap((tip): BranchTip[] => {
    const components = followed.filter(
      (component) => component.repositoryId === tip.repositoryId && component.effective.ref.name === tip.ref,
    );
    if (components.length === 0) return [];
    const ids = new Set(components.map((component) => component.componentId));
    const source = live.find((component) => ids.has(component.componentId))?.source;
    const liveCommit = source?.kind === 'repository' ? source.commit : null;
    const { history, ...seen } = tip;
    const behind = liveCommit === null ? -1 : history.indexOf(liveCommit);
    const ahead = behind === -1 ? null : behind;
    return [{ ...seen, components: components.map((component) => component.name), liveCommit, ahead }];
  });
}

function hostsOf(row: DeploymentRow, live: readonly SnapshotComponent[], mainUrl: string): DeploymentView['hosts'] {
  const own = live
    .filter((component) => component.settings.route.host === 'own')
    .flatMap((component) => {
      const route = componentRoute(component, row.handle, row.appsDomain);
      return route ? [{ component: component.name, url: edgeUrl(route.host, row) }] : [];
    });
  return [{ component: null, url: mainUrl }, ...own];
}

/** @throws AppError not_found */
export function getDeployment(
  ctx: UseCaseContext,
  input: { project: string; deployment: string },
): Promise<DeploymentView> {
  authorize(ctx, 'deployment.read');
  const { orgId } = ctx.actor;
  return inOrg(ctx, async (tx) => {
    const row = await findDeploymentByPath(tx, orgId, input);
    const state = row && (await readDeploymentStates(tx, orgId, [row], ctx.clock.now())).get(row.id);
    const draft = row && (await readDraft(tx, orgId, row.id));
    if (!row || !state || !draft) throw notFound();
    const components = await listComponentRows(tx, orgId, row.projectId);
    const drafted = draftComponents(draft.document, components, draft.manifests ?? []).map((component) => ({
      ...component,
      repositoryId: components.find((entry) => entry.id === component.componentId)?.repositoryId ?? null,
    }));
    const live = state.live?.components ?? [];
    const liveRow = state.live ? await findReleaseRow(tx, orgId, state.live.id) : null;
    const currentRow = state.active ? await findReleaseRow(tx, orgId, state.active.id) : null;
    const newest = (await listReleaseRows(tx, orgId, row.id, null, 10)).find((release) => !isOperation(release.kind));
    const summary = deploymentSummary(row, state);
    return {
      ...summary,
      project: { id: row.projectId, slug: row.projectSlug, name: row.projectName },
      region: { id: row.regionId, slug: row.regionSlug, name: row.regionName },
      hosts: hostsOf(row, live, summary.url),
      ssh: {
        host: sshHost(ctx.publicUrl),
        port: ctx.sshPort,
        components: live
          .filter((component) => standingKinds.includes(component.kind))
          .map((component) => component.name),
      },
      autoDeploy: row.autoDeploy,
      autoPausedReason: row.autoPausedReason,
      autoRevert: row.autoRevert,
      tree: statusTree(state),
      live: liveRow && releaseRow(liveRow),
      current: currentRow && releaseRow(currentRow),
      lastFailed: newest?.outcome === 'failed' ? releaseRow(newest) : null,
      tips: await branchTips(tx, orgId, drafted, live),
      timeline: await timeline(tx, orgId, row.id, null, 30),
      draftRevision: draft.revision,
      pendingChanges: (await diffAgainstLive(tx, orgId, row.id)).count,
      createdAt: row.createdAt,
    };
  });
}

/** Newest first. @throws AppError not_found, bad_input */
export function listTimeline(
  ctx: UseCaseContext,
  input: { deploymentId: string; cursor?: string | undefined; limit: number },
): Promise<Page<TimelineEntry>> {
  authorize(ctx, 'deployment.read');
  const { orgId } = ctx.actor;
  if (input.cursor !== undefined && !/^\d{1,15}$/.test(input.cursor)) throw badInput('cursor', 'Not a position.');
  const before = input.cursor === undefined ? null : Number(input.cursor);
  return inOrg(ctx, async (tx) => {
    if (!(await hasDeployment(tx, orgId, input.deploymentId))) throw notFound();
    const rows = await timeline(tx, orgId, input.deploymentId, before, input.limit + 1);
    const items = rows.slice(0, input.limit);
    const last = items.at(-1);
    return { items, nextCursor: rows.length > input.limit && last ? String(last.seq) : null };
  });
}
