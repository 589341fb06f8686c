/** How full storage is, as a part of the status tree. Pure. */
import type { StatusNode } from '#server/domain/status.ts';

export interface VolumeFact {
  id: string;
  name: string;
  component: string;
  /** Null before it was first measured. */
  usedBytes: number | null;
  /** What its filesystem holds; null where sizes are not enforced. */
  capacityBytes: number | null;
  observedAt: Date | null;
}

const gib = 1024 ** 3;
/** One figure behind the point below 10 GiB. */
const words = (bytes: number): string =>
  bytes < 10 * gib ? (bytes / gib).toFixed(1) : String(Math.round(bytes / gib));

/** Yellow when it fills up, red when nearly nothing fits in any more. */
export function volumeStatus(fact: VolumeFact): StatusNode {
  const { id, usedBytes, capacityBytes } = fact;
  const node = (colour: StatusNode['colour'], cause: string): StatusNode => ({
    id, name: `${fact.component}/${fact.name}`, colour, unknown: false, cause, since: null, lastSeen: fact.observedAt?.toISOString() ?? null, children: [],
  }); // prettier-ignore
  if (usedBytes === null) return node('green', 'not measured yet');
  if (capacityBytes === null) return node('green', `${words(usedBytes)} GiB, size not enforced`);
  const full = usedBytes / capacityBytes;
  const cause = `${words(usedBytes)} of ${words(capacityBytes)} GiB`;
  if (full >= 0.95) return node('red', `is full: ${cause}`);
  return full >= 0.85 ? node('yellow', `fills up: ${cause}`) : node('green', cause);
}
