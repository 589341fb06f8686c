/** From rows to what lists and pages show of a deployment. Pure. */
import type { DeploymentRow, DeploymentState } from '#server/db/deployments.ts';
import { restorableUntil } from '#server/domain/limits.ts';
import { deploymentHost, edgeUrl } from '#server/domain/naming.ts';
import { deploymentStatus } from '#server/domain/status.ts';
import type { DeploymentSummary } from '#server/domain/views/projects.ts';
import { type StatusNode, type StatusSummary, statusSummary, statusView } from '#server/domain/views/status.ts';

export function statusTree(state: DeploymentState): StatusNode {
  const facts = new Map(state.facts.instances.map((instance) => [instance.id, [`${instance.memoryMib} MiB`]]));
  return statusView(deploymentStatus(state.facts), facts);
}

export function deploymentSummary(row: DeploymentRow, state: DeploymentState): DeploymentSummary {
  return {
    id: row.id,
    slug: row.slug,
    name: row.name,
    stageName: row.stageName,
    stageKind: row.stageKind,
    handle: row.handle,
    url: edgeUrl(deploymentHost(row.handle, row.appsDomain), row),
    power: row.power,
    status: statusSummary(statusTree(state)),
    liveNumber: state.live?.number ?? null,
    liveAt: state.live?.liveAt ?? null,
    active: state.active,
    restorableUntil: row.power === 'trashed' && row.deletedAt ? restorableUntil(row.deletedAt) : null,
  };
}

const order = ['red', 'yellow', 'green', 'grey'] as const;
/** The worst of several: red, yellow, unknown as yellow, green, resting. */
export function worstStatus(of: readonly StatusSummary[], whenEmpty: string): StatusSummary {
  const rank = (status: StatusSummary): number => order.indexOf(status.isStale ? 'yellow' : status.colour);
  const [worst] = [...of].sort((a, b) => rank(a) - rank(b));
  return worst ?? { colour: 'grey', isStale: false, sentence: whenEmpty, observedAt: null };
}
