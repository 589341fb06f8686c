import type { StatusNode as Fact } from '#server/domain/status.ts';
import type { StatusColour } from '#server/domain/words.ts';

/** Colour, cause and time: never a colour alone. */
export interface StatusSummary {
  colour: StatusColour;
  /** Not observed lately: a shape of its own, whatever the colour. */
  isStale: boolean;
  /** One sentence from the cause: "web-2 was killed: out of memory (512 MiB)". */
  sentence: string;
  /** When this was last observed, or null. */
  observedAt: Date | null;
}
export interface StatusNode extends StatusSummary {
  /** Stable in the tree: a group's word or the id of what it shows. */
  key: string;
  kind: 'deployment' | 'group' | 'component' | 'instance';
  label: string;
  /** Since when it is so, or null when it is not known. */
  since: Date | null;
  /** Short facts beside the label: "0.5 CPU", "512 MiB". */
  facts: string[];
  children: StatusNode[];
}

const time = (iso: string | null): Date | null => (iso === null ? null : new Date(iso));
const newest = (dates: readonly (Date | null)[]): Date | null =>
  dates.reduce<Date | null>((best, date) => (date && (!best || date > best) ? date : best), null);
const kindOf = (id: string): StatusNode['kind'] => {
  if (id === 'deployment') return 'deployment';
  if (id.startsWith('cmp_')) return 'component';
  return id.startsWith('ins_') ? 'instance' : 'group';
};

/** The tree as pages show it. @param facts short facts of a node, by its id. */
export function statusView(node: Fact, facts: ReadonlyMap<string, string[]> = new Map()): StatusNode {
  const children = node.children.map((child) => statusView(child, facts));
  return {
    key: node.id,
    kind: kindOf(node.id),
    label: node.name,
    facts: facts.get(node.id) ?? [],
    colour: node.colour,
    isStale: node.unknown,
    sentence: node.cause,
    observedAt: newest([time(node.lastSeen), ...children.map((child) => child.observedAt)]),
    since: time(node.since),
    children,
  };
}
export const statusSummary = ({ colour, isStale, sentence, observedAt }: StatusNode): StatusSummary => ({
  colour, isStale, sentence, observedAt,
}); // prettier-ignore
