/** From the API's status to what is shown. Pure. */
import { isWaiting, type ReleaseState } from '#server/domain/release-machine.ts';
import type { StatusNode, StatusSummary } from '#server/domain/views/status.ts';
import type { Tone } from '#app/ui/status.tsx';

/** Stale facts have a shape of their own, whatever the last colour was. */
export const toneOf = (status: Pick<StatusSummary, 'colour' | 'isStale'>): Tone =>
  status.isStale ? 'unknown' : status.colour;

/** In lists: what rests while a release works or waits shows that instead; what serves keeps its status. */
export function summaryTone(
  status: Pick<StatusSummary, 'colour' | 'isStale'>,
  active: { state: ReleaseState } | null,
): Tone {
  if (active && status.colour === 'grey' && !status.isStale) return isWaiting(active.state) ? 'waiting' : 'busy';
  return toneOf(status);
}

/** Nodes that are open at first: everything that is not fine, and the first level. */
export function openAtFirst(node: StatusNode, depth = 0): string[] {
  const needsLook = node.colour === 'red' || node.colour === 'yellow' || node.isStale;
  const own = node.children.length > 0 && (depth <= 1 || needsLook) ? [node.key] : [];
  return [...own, ...node.children.flatMap((child) => openAtFirst(child, depth + 1))];
}

export interface TreeRow {
  node: StatusNode;
  depth: number;
  parent: string | null;
  isOpen: boolean;
}
/** The rows in sight, in order: what the arrow keys walk over. */
export function visibleRows(
  nodes: readonly StatusNode[],
  open: ReadonlySet<string>,
  depth = 0,
  parent: string | null = null,
): TreeRow[] {
  return nodes.flatMap((node) => {
    const isOpen = node.children.length > 0 && open.has(node.key);
    return [{ node, depth, parent, isOpen }, ...(isOpen ? visibleRows(node.children, open, depth + 1, node.key) : [])];
  });
}
