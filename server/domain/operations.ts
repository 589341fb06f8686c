/** What operations do: which are possible, what they say beforehand, what scaling changes. Pure. */
import { handOverOf } from '#server/domain/hand-over.ts';
import type { ReleaseKind } from '#server/domain/release-machine.ts';
import type { ReleaseSnapshot, ScaleChange, SnapshotComponent } from '#server/domain/release.ts';
import type { Draft } from '#server/domain/settings.ts';
import { type PowerState, standingKinds } from '#server/domain/words.ts';

export type PersonOperation = Extract<ReleaseKind, 'restart' | 'scale' | 'suspend' | 'resume'>;

export interface OperationFacts {
  kind: PersonOperation;
  power: PowerState;
  liveNumber: number | null;
  /** Of the live release; empty when nothing is live. */
  components: readonly SnapshotComponent[];
  /** Those that a restart names; all when left out. */
  componentIds?: readonly string[] | undefined;
  scale?: readonly ScaleChange[] | undefined;
  /** Instances that serve now, by component. */
  running: ReadonlyMap<string, number>;
  /** Waiting and working releases that it ends. */
  ends: readonly { number: number | null; kind: ReleaseKind }[];
}

/** Why it cannot be done, or null. */
export function operationRefusal(facts: Omit<OperationFacts, 'running' | 'ends'>): string | null {
  const { kind, power } = facts;
  if (power === 'trashed' || power === 'deleting') return 'The deployment is deleted';
  if (facts.liveNumber === null) return 'Nothing is live yet: deploy first';
  if (kind === 'resume') return power === 'running' ? 'The deployment runs already' : null;
  if (power !== 'running') return kind === 'suspend' ? 'It is suspended already' : 'The deployment does not run: resume it first'; // prettier-ignore
  if (kind === 'scale') return scaleRefusal(facts.components, facts.scale ?? []);
  const standing = facts.components.filter((one) => standingKinds.includes(one.kind));
  const named = facts.componentIds ?? standing.map((one) => one.componentId);
  if (named.some((id) => !facts.components.some((one) => one.componentId === id)))
    return 'Only components of the live release can be restarted';
  return null;
}

function scaleRefusal(components: readonly SnapshotComponent[], changes: readonly ScaleChange[]): string | null {
  if (changes.length === 0) return 'Nothing to change';
  for (const change of changes) {
    const component = components.find((one) => one.componentId === change.componentId);
    if (!component) return 'Only components of the live release can be scaled';
    if (!standingKinds.includes(component.kind)) return `${component.name} keeps no instances running`;
    if (handOverOf(component) === 'single' && (change.instances ?? 1) > 1)
      return `${component.name} is handed over “single”: it runs as one instance`;
  }
  return changes.every((change) => isNoChange(components, change)) ? 'Nothing to change' : null;
}
const isNoChange = (components: readonly SnapshotComponent[], change: ScaleChange): boolean => {
  const settings = components.find((one) => one.componentId === change.componentId)?.settings;
  return (
    settings !== undefined &&
    (change.instances ?? settings.instances) === settings.instances &&
    (change.cpuMillis ?? settings.size.cpuMillis) === settings.size.cpuMillis &&
    (change.memoryMib ?? settings.size.memoryMib) === settings.size.memoryMib
  );
};

/** The snapshot with other sizes and numbers of instances. */
export function applyScale(snapshot: ReleaseSnapshot, changes: readonly ScaleChange[]): ReleaseSnapshot {
  const components = snapshot.components.map((component): SnapshotComponent => {
    const change = changes.find((one) => one.componentId === component.componentId);
    if (!change) return component;
    const { instances, cpuMillis, memoryMib } = change;
    const { settings, origins } = component;
    const size = { cpuMillis: cpuMillis ?? settings.size.cpuMillis, memoryMib: memoryMib ?? settings.size.memoryMib };
    const set = {
      ...(instances === undefined ? {} : { instances: 'deployment' as const }),
      ...(cpuMillis === undefined ? {} : { 'size.cpuMillis': 'deployment' as const }),
      ...(memoryMib === undefined ? {} : { 'size.memoryMib': 'deployment' as const }),
    };
    return {
      ...component,
      settings: { ...settings, instances: instances ?? settings.instances, size },
      origins: { ...origins, ...set },
    };
  });
  return { ...snapshot, components };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
/** The draft with the same values, so that the next deploy keeps them. Components that the draft leaves out stay out. */
export const scaleDraft = (draft: Draft, changes: readonly ScaleChange[]): Draft => ({
  components: draft.components.map(({ componentId, overrides }) => {
    const change = changes.find((one) => one.componentId === componentId);
    if (!change) return { componentId, overrides };
    const { instances, cpuMillis, memoryMib } = change;
    const size = {
      ...(isRecord(overrides['size']) ? overrides['size'] : {}),
      ...(cpuMillis === undefined ? {} : { cpuMillis }),
      ...(memoryMib === undefined ? {} : { memoryMib }),
    };
    return {
      componentId,
      overrides: {
        ...overrides,
        ...(instances === undefined ? {} : { instances }),
        ...(Object.keys(size).length === 0 ? {} : { size }),
      },
    };
  }),
});

const count = (number: number, one: string): string => `${String(number)} ${one}${number === 1 ? '' : 's'}`;
const cpu = (millis: number): string => `${String(millis / 1000)} CPU`;
const memory = (of: readonly SnapshotComponent[]): number =>
  of
    .filter((one) => standingKinds.includes(one.kind))
    .reduce((sum, one) => sum + one.settings.instances * one.settings.size.memoryMib, 0);

/** What it will do, as sentences in the order in which it happens. */
export function operationEffects(facts: OperationFacts): string[] {
  const ended = facts.ends.map(
    (one) =>
      `${one.number === null ? `A waiting ${one.kind}` : `Release ${String(one.number)}`} is ended before it goes live.`,
  );
  switch (facts.kind) {
    case 'restart':
      return [...ended, ...restartEffects(facts), 'Nothing is built and no hook runs.'];
    case 'scale':
      return [...ended, ...scaleEffects(facts)];
    case 'suspend':
      return [...ended, ...suspendEffects(facts)];
    case 'resume':
      return [...ended, ...resumeEffects(facts)];
    default:
      return facts.kind satisfies never;
  }
}

function restartEffects({ components, componentIds, running }: OperationFacts): string[] {
  return components
    .filter((one) => standingKinds.includes(one.kind))
    .filter((one) => componentIds?.includes(one.componentId) ?? true)
    .map((component) => {
      const { componentId, name, settings } = component;
      const now = running.get(componentId) ?? settings.instances;
      if (handOverOf(component) === 'single')
        return `${name}: requests wait while its instance is stopped and started again.`;
      return now === 1 && settings.instances === 1
        ? `${name}: a new instance beside the old one, which stops once the new one is ready.`
        : `${name}: ${count(settings.instances, 'new instance')} beside the old ${String(now)}, which stop once the new ones are ready.`;
    });
}

function scaleEffects({ components, scale = [] }: OperationFacts): string[] {
  const after = applyScale({ components }, scale).components;
  const lines = after.flatMap((to): string[] => {
    const from = components.find((one) => one.componentId === to.componentId);
    if (!from || JSON.stringify(from.settings) === JSON.stringify(to.settings)) return [];
    const [was, is] = [from.settings, to.settings];
    const number = is.instances === was.instances ? '' : `${count(is.instances, 'instance')} instead of ${String(was.instances)}`; // prettier-ignore
    const isSized = JSON.stringify(is.size) !== JSON.stringify(was.size);
    const size = isSized ? `${cpu(is.size.cpuMillis)} and ${String(is.size.memoryMib)} MiB each instead of ${cpu(was.size.cpuMillis)} and ${String(was.size.memoryMib)} MiB` : ''; // prettier-ignore
    const replaced = handOverOf(to) === 'single' ? ' Its instance is replaced, the old one first: requests wait meanwhile.' : ' All of its instances are replaced, new ones first.'; // prettier-ignore
    const how = isSized ? replaced : ' The instances that stay are not touched.';
    return [`${to.name}: ${[number, size].filter(Boolean).join(', ')}.${how}`];
  });
  const more = memory(after) - memory(components);
  const need = more === 0 ? [] : [`${more > 0 ? 'Needs' : 'Frees'} ${String(Math.abs(more))} MiB of memory.`];
  return [...lines, ...need, 'The draft gets the same values, so that the next deploy keeps them.'];
}

function suspendEffects({ running }: OperationFacts): string[] {
  const all = [...running.values()].reduce((sum, one) => sum + one, 0);
  return [
    `${count(all, 'instance')} ${all === 1 ? 'stops' : 'stop'} once requests in flight have finished; the address says that it is suspended.`,
    'Nothing is lost: data, variables, domains and releases stay. Neither a push nor a visit starts it again.',
  ];
}

function resumeEffects({ components, liveNumber }: OperationFacts): string[] {
  const starts = components
    .filter((one) => standingKinds.includes(one.kind) && one.settings.instances > 0)
    .map((one) => `${one.name} ×${String(one.settings.instances)}`);
  return [
    `Release ${String(liveNumber ?? '')} starts again: ${starts.join(', ') || 'no instances'}.`,
    'Nothing is built and no hook runs. The address answers once all are ready.',
  ];
}
