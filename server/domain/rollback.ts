/** Which releases can be restored, what a rollback runs, and what it changes. Pure. */
import { diffComponents } from '#server/domain/draft-diff.ts';
import { restorableReleases } from '#server/domain/limits.ts';
import type { ReleaseSnapshot, SnapshotComponent, SnapshotVariable } from '#server/domain/release.ts';
import { isOperation, type Outcome, type ReleaseKind } from '#server/domain/release-machine.ts';
import type { CodeChange, ComponentChange, VariableChange } from '#server/domain/views/releases.ts';
import type { PowerState } from '#server/domain/words.ts';

/** What is known of a release's images; the engine was looked into. */
export type ImagePresence =
  | { kind: 'present' }
  | { kind: 'gone'; why: 'not-stored' | 'too-old' | 'removed' | 'missing'; componentIds: readonly string[] };

export interface RollbackFacts {
  kind: ReleaseKind;
  outcome: Outcome | null;
  isLive: boolean;
  /** Releases of the deployment that were ever live. */
  liveCount: number;
  power: PowerState;
  components: readonly Pick<SnapshotComponent, 'componentId' | 'name' | 'kind'>[];
  images: ImagePresence;
}

/** Why this release cannot be restored, or null when it can. */
export function rollbackRefusal(facts: RollbackFacts): string | null {
  if (isOperation(facts.kind)) return 'An operation is not a release: there is nothing to restore';
  if (facts.isLive) return 'It is live now';
  if (facts.outcome !== 'live') return 'It was never live';
  if (facts.liveCount < 2) return 'Only one release was ever live';
  if (facts.power === 'suspended' || facts.power === 'stopped') return 'The deployment does not run: resume it first';
  if (facts.power !== 'running') return 'The deployment is deleted';
  return imageRefusal(facts);
}

const goneWords = {
  'not-stored': 'was never stored',
  removed: 'was removed to free disk space',
  missing: 'is gone from the machine',
} as const;
function imageRefusal({ images, components }: RollbackFacts): string | null {
  if (images.kind === 'present') return null;
  if (images.why === 'too-old')
    return `Its images are not kept any more: those of the newest ${String(restorableReleases)} that were live are`;
  const names = components
    .filter((one) => one.kind !== 'add-on' && images.componentIds.includes(one.componentId))
    .map((one) => one.name);
  return names.length === 0 ? null : `The image of ${names.join(', ')} ${goneWords[images.why]}`;
}

/**
 * What a rollback runs: the old release's code and configuration. Add-ons stay as they are live, because their data is
 * newer than the old release; one that the old release did not know stays too, one that was removed since does not return.
 */
export function rollbackSnapshot(target: ReleaseSnapshot, live: ReleaseSnapshot): ReleaseSnapshot {
  const isAddOn = (one: SnapshotComponent): boolean => one.kind === 'add-on';
  return { components: [...target.components.filter((one) => !isAddOn(one)), ...live.components.filter(isAddOn)] };
}

const placeOf = (variable: SnapshotVariable, component: SnapshotComponent): string =>
  `${variable.scope}/${variable.scope === 'component' ? component.componentId : ''}/${variable.key}`;
function variablesByPlace(snapshot: ReleaseSnapshot) {
  const found = new Map<string, { variable: SnapshotVariable; component: string | null }>();
  for (const component of snapshot.components)
    for (const variable of component.variables)
      found.set(placeOf(variable, component), {
        variable,
        component: variable.scope === 'component' ? component.name : null,
      });
  return found;
}

/** Variables whose version differs between two snapshots. */
export function snapshotVariableChanges(from: ReleaseSnapshot, to: ReleaseSnapshot): VariableChange[] {
  const [before, after] = [variablesByPlace(from), variablesByPlace(to)];
  const changes: VariableChange[] = [];
  for (const [place, { variable, component }] of after) {
    const was = before.get(place);
    if (was?.variable.variableId === variable.variableId) continue;
    changes.push({ key: variable.key, scope: variable.scope, component, change: was ? 'changed' : 'added' });
  }
  for (const [place, { variable, component }] of before)
    if (!after.has(place)) changes.push({ key: variable.key, scope: variable.scope, component, change: 'removed' });
  return changes;
}

export const snapshotComponentChanges = (from: ReleaseSnapshot, to: ReleaseSnapshot): ComponentChange[] =>
  diffComponents(
    from.components,
    to.components.map(({ componentId, name, settings }) => ({ componentId, name, effective: settings })),
  );

/** Components whose code differs, with both commits. */
export function snapshotCodeChanges(from: ReleaseSnapshot, to: ReleaseSnapshot): CodeChange[] {
  return to.components.flatMap((component): CodeChange[] => {
    const before = from.components.find((one) => one.componentId === component.componentId)?.source;
    const { source } = component;
    const codeOf = (one: typeof source) =>
      one.kind === 'image' ? { commit: one.reference, message: '' } : { commit: one.commit, message: one.message };
    const was = before ? codeOf(before) : null;
    const is = codeOf(source);
    return was?.commit === is.commit ? [] : [{ component: component.name, from: was, to: is }];
  });
}
