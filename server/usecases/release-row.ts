/** From rows to what lists show of a release. Pure. */
import type { ReleaseViewRow } from '#server/db/release-views.ts';
import { isCancellable } from '#server/domain/release-machine.ts';
import type { CommitRef, ReleaseRow } from '#server/domain/views/releases.ts';

export function releaseRow(row: ReleaseViewRow): ReleaseRow {
  return {
    id: row.id,
    deploymentId: row.deploymentId,
    number: row.number,
    kind: row.kind,
    state: row.state,
    stateSince: row.stateSince,
    outcome: row.outcome,
    isLive: row.id === row.liveReleaseId,
    canAbort: isCancellable(row.state),
    heldReason: row.heldReason,
    failure: row.failure && { code: row.failure.code, message: row.failure.message },
    trigger: row.trigger,
    tag: row.tagId && row.tagName ? { id: row.tagId, name: row.tagName } : null,
    requestedBy: row.requestedById ? { id: row.requestedById, name: row.requestedByName ?? '' } : null,
    commits: row.snapshot.components.flatMap((component): CommitRef[] => {
      const { source, componentId, name } = component;
      if (source.kind !== 'repository') return [];
      const { commit, message, author, refName } = source;
      return [{ componentId, component: name, commit, message, author, refName }];
    }),
    createdAt: row.createdAt,
    startedAt: row.startedAt,
    liveAt: row.liveAt,
    endedAt: row.endedAt,
  };
}
