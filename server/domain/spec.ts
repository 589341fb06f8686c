/**
 * What makes an instance the instance it is, and which instances a release carries over. Pure.
 *
 * The hash of the document decides: an equal one means that the running instance is exactly what the release asks for, so
 * it is not restarted. Values enter as the ids of their versions, never as text. `RELEASE` is left out on purpose: with it
 * every release would restart everything; an instance keeps the number of the release that started it.
 */
export interface SpecInput {
  componentName: string;
  /** Image id of the artifact. */
  image: string;
  command: string | null;
  port: number | null;
  cpuMillis: number;
  memoryMib: number;
  volumes: readonly string[];
  /** Environment key → versions of the values that it is made of. */
  uses: Readonly<Record<string, readonly string[]>>;
}

/** The text to hash: the same for equal input, whatever the order of its keys. */
export function specDocument(input: SpecInput): string {
  const uses = Object.entries(input.uses)
    .filter(([key]) => key !== 'RELEASE')
    .map(([key, versions]) => [key, [...versions].sort()] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([
    1, input.componentName, input.image, input.command, input.port, input.cpuMillis, input.memoryMib, [...input.volumes].sort(), uses,
  ]); // prettier-ignore
}

export interface WantedComponent {
  componentId: string;
  specHash: string;
  /** Instances that shall run. */
  count: number;
  /** An operation such as a restart asks for new ones although the specification is the same. */
  fresh: boolean;
}
export interface ServingInstance {
  id: string;
  componentId: string;
  specHash: string;
  /** The engine says that it runs: what does not is never carried over. */
  running: boolean;
}
export interface HandOverPlan {
  /** Instances that serve the new release untouched. */
  carried: readonly string[];
  starts: readonly { componentId: string; ordinal: number }[];
}

/** Equal hash and running: carried over, at most as many as wanted; the rest is started anew. */
export function planHandOver(wanted: readonly WantedComponent[], serving: readonly ServingInstance[]): HandOverPlan {
  const carried: string[] = [];
  const starts: { componentId: string; ordinal: number }[] = [];
  for (const component of wanted) {
    const kept = component.fresh
      ? []
      : serving
          .filter((one) => one.componentId === component.componentId && one.specHash === component.specHash)
          .filter((one) => one.running)
          .slice(0, component.count);
    carried.push(...kept.map((one) => one.id));
    for (let ordinal = 0; ordinal < component.count - kept.length; ordinal += 1)
      starts.push({ componentId: component.componentId, ordinal });
  }
  return { carried, starts };
}
