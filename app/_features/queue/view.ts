/** The queue in the order it is worked off. Pure. */
import type { QueueEntry } from '#server/domain/views/releases.ts';

/** Builds, then rollouts; running ones first, then by place. Empty lanes are left out. */
export function laneGroups(entries: readonly QueueEntry[]): { lane: QueueEntry['lane']; entries: QueueEntry[] }[] {
  return (['build', 'rollout'] as const)
    .map((lane) => ({
      lane,
      entries: entries
        .filter((entry) => entry.lane === lane)
        .sort((a, b) => (a.position ?? 0) - (b.position ?? 0) || a.since.getTime() - b.since.getTime()),
    }))
    .filter((group) => group.entries.length > 0);
}
