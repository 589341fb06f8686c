/** Releases: the table, one page, the queue. */
import type { Tx } from '#server/db/client.ts';
import { databaseNow } from '#server/db/now.ts';
import { findDeployment } from '#server/db/deployments.ts';
import {
  findReleaseByNumber, findReleaseRow, hasDeployment, listComponentResults, listReleaseRows, listSteps, releaseNumbers, type ReleaseViewRow,
} from '#server/db/release-views.ts'; // prettier-ignore
import { queuePositions } from '#server/db/system/queue-positions.ts';
import { deploymentHost, edgeUrl } from '#server/domain/naming.ts';
import { isWaiting } from '#server/domain/release-machine.ts';
import type { Page } from '#server/domain/views/common.ts';
import type { ReleaseComponentView, ReleaseTableRow, ReleaseView } from '#server/domain/views/releases.ts';
import { badInput, notFound } from '#server/errors.ts';
import { authorize, inOrg, type UseCaseContext } from '#server/usecases/context.ts';
import { releaseRow } from '#server/usecases/release-row.ts';
import { rollbackRefusals } from '#server/db/rollback-offer.ts';

const cursorOf = (row: ReleaseViewRow): string => `${row.createdAt.getTime()}_${row.id}`;
function parseCursor(cursor: string | undefined): { createdAt: Date; id: string } | null {
  if (cursor === undefined) return null;
  const [, time = '', id = ''] = /^(\d{1,15})_(rel_[a-z0-9]{26})$/.exec(cursor) ?? [];
  if (id === '') throw badInput('cursor', 'Not a position.');
  return { createdAt: new Date(Number(time)), id };
}

/** @throws AppError not_found, bad_input */
export function listReleases(
  ctx: UseCaseContext,
  input: { deploymentId: string; cursor?: string | undefined; limit: number },
): Promise<Page<ReleaseTableRow>> {
  authorize(ctx, 'release.read');
  const before = parseCursor(input.cursor);
  const { orgId } = ctx.actor;
  return inOrg(ctx, async (tx) => {
    if (!(await hasDeployment(tx, orgId, input.deploymentId))) throw notFound();
    const rows = await listReleaseRows(tx, orgId, input.deploymentId, before, input.limit + 1);
    const shown = rows.slice(0, input.limit);
    const last = shown.at(-1);
    const refusals = await rollbackRefusals(tx, orgId, shown);
    return {
      items: shown.map((row) => ({ ...releaseRow(row), rollbackRefusal: refusals.get(row.id) ?? null })),
      nextCursor: rows.length > input.limit && last ? cursorOf(last) : null,
    };
  });
}

/** @throws AppError not_found */
export async function findRelease(
  ctx: UseCaseContext,
  input: { deploymentId: string; number: number },
): Promise<{ releaseId: string }> {
  authorize(ctx, 'release.read');
  const { deploymentId, number } = input;
  const releaseId = await inOrg(ctx, (tx) => findReleaseByNumber(tx, ctx.actor.orgId, deploymentId, number));
  if (releaseId === null) throw notFound();
  return { releaseId };
}

async function componentsOf(tx: Tx, orgId: string, row: ReleaseViewRow): Promise<ReleaseComponentView[]> {
  const results = new Map((await listComponentResults(tx, orgId, row.id)).map((result) => [result.componentId, result])); // prettier-ignore
  return row.snapshot.components.map((component) => {
    const { componentId, name, kind, source, settings, origins } = component;
    const result = results.get(componentId);
    return {
      componentId,
      name,
      kind,
      source,
      settings,
      origins,
      variableKeys: component.variables.map((variable) => variable.key),
      buildOutcome: result?.buildOutcome ?? null,
      found: [...(result?.plan?.found ?? [])],
      port: result?.port ?? null,
      artifactId: result?.artifactId ?? null,
      imageSizeBytes: result?.imageSizeBytes ?? null,
    };
  });
}

/** @throws AppError not_found */
export async function getRelease(ctx: UseCaseContext, input: { releaseId: string }): Promise<ReleaseView> {
  authorize(ctx, 'release.read');
  const { orgId } = ctx.actor;
  const view = await inOrg(ctx, async (tx): Promise<ReleaseView & { regionId: string }> => {
    const row = await findReleaseRow(tx, orgId, input.releaseId);
    const deployment = row ? await findDeployment(tx, orgId, row.deploymentId) : null;
    if (!row || !deployment) throw notFound();
    const linked = [row.supersededBy, row.previousReleaseId].filter((id) => id !== null);
    const numbers = await releaseNumbers(tx, orgId, linked);
    const link = (id: string | null) => (id === null ? null : (numbers.find((entry) => entry.id === id) ?? null));
    return {
      ...releaseRow(row),
      rollbackRefusal: (await rollbackRefusals(tx, orgId, [row])).get(row.id) ?? null,
      regionId: row.regionId,
      deploymentId: deployment.id,
      deploymentSlug: deployment.slug,
      deploymentName: deployment.name,
      projectId: deployment.projectId,
      projectSlug: deployment.projectSlug,
      projectName: deployment.projectName,
      url: edgeUrl(deploymentHost(deployment.handle, deployment.appsDomain), deployment),
      lane: row.lane,
      draftRevision: row.draftRevision,
      steps: await listSteps(tx, orgId, row.id),
      components: await componentsOf(tx, orgId, row),
      failureDetails: row.failure,
      report: row.report,
      supersededBy: link(row.supersededBy),
      previous: link(row.previousReleaseId),
      queuePosition: null,
      deadlineAt: row.deadlineAt,
    };
  });
  const { regionId, ...release } = view;
  if (!isWaiting(release.state)) return release;
  const positions = await queuePositions(ctx.db, databaseNow, orgId, [regionId]);
  return { ...release, queuePosition: positions.get(release.id)?.place ?? null };
}
