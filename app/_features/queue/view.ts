/** The queue in the order it is worked off, and why something waits. Pure. */
import { kindWords } from '#app/_features/release/view.ts';
import { countWords } from '#app/ui/time-words.ts';
import type { QueueEntry, QueueRegion, QueueWait } from '#server/domain/views/queue.ts';

/** Builds, then rollouts; running ones first, then by place, held ones last. Empty lanes are left out. */
export function laneGroups(entries: readonly QueueEntry[]): { lane: QueueEntry['lane']; entries: QueueEntry[] }[] {
  const rank = (entry: QueueEntry): number => (entry.waits === null ? 0 : (entry.position ?? Number.POSITIVE_INFINITY));
  return (['build', 'rollout'] as const)
    .map((lane) => ({
      lane,
      entries: entries
        .filter((entry) => entry.lane === lane)
        .sort((a, b) => (rank(a) === rank(b) ? a.since.getTime() - b.since.getTime() : rank(a) - rank(b))),
    }))
    .filter((group) => group.entries.length > 0);
}

/** What has to happen before it can run. */
export function waitSentence(wait: QueueWait): string {
  switch (wait.kind) {
    case 'held':
      return wait.reason;
    case 'deployment':
      return wait.number === null
        ? `Waits for the ${kindWords[wait.releaseKind].toLowerCase()} of the same deployment`
        : `Waits for release ${String(wait.number)} of the same deployment`;
    case 'organization':
      return `Waits for one of your own: ${String(wait.running)} of at most ${String(wait.limit)} run`;
    case 'region':
      return 'Waits: the region is closed for now';
    case 'slot':
      return wait.ahead === 0 ? 'Next: waits for a free slot' : `Waits for a slot, ${String(wait.ahead)} before it`;
  }
}

/** How busy a lane is for everybody, e.g. "Here: 2 of 2 slots in use, 3 waiting, 1 of them yours". */
export function laneSentence(region: QueueRegion, lane: QueueEntry['lane'], entries: readonly QueueEntry[]): string {
  const { slots, running, waiting } = region.lanes[lane];
  const own = entries.filter(
    (entry) => entry.regionSlug === region.slug && entry.lane === lane && entry.waits !== null,
  );
  const others = Math.max(0, waiting - own.length);
  const words = [`${String(Math.min(running, slots))} of ${countWords(slots, 'slot')} in use`];
  if (others > 0) words.push(`${String(others)} of other organizations waiting`);
  return `${region.name}: ${words.join(', ')}`;
}
