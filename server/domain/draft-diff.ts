/** What the next release would change: settings field by field, variables by version. Pure. */
import type { SettingOrigin, SnapshotComponent, SnapshotVariable } from '#server/domain/release.ts';
import type { Settings } from '#server/domain/settings.ts';
import { effectiveVariables } from '#server/domain/variables.ts';
import type { FieldChange } from '#server/domain/views/common.ts';
import type { ComponentChange, VariableChange } from '#server/domain/views/releases.ts';
import type { VariableScope, VariableUse } from '#server/domain/words.ts';

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
/** Dotted path → value, for every value that is not a group. */
export function leavesOf(value: unknown, path = ''): Map<string, unknown> {
  if (!isRecord(value)) return new Map([[path, value]]);
  return new Map(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .flatMap(([key, inner]) => [...leavesOf(inner, path === '' ? key : `${path}.${key}`)]),
  );
}

/** Fields that differ, by path. A missing side is null. */
export function diffSettings(from: Settings, to: Settings, origins: DraftedComponent['origins'] = {}): FieldChange[] {
  const [before, after] = [leavesOf(from), leavesOf(to)];
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((path) => JSON.stringify(before.get(path) ?? null) !== JSON.stringify(after.get(path) ?? null))
    .map((path) => ({
      path,
      from: before.get(path) ?? null,
      to: after.get(path) ?? null,
      origin: originAt(origins, path),
    }));
}

/** Of the path, or of the value that it is a part of. */
function originAt(origins: Readonly<Record<string, SettingOrigin>>, path: string): SettingOrigin | null {
  const key = Object.keys(origins).find((one) => one === path || path.startsWith(`${one}.`) || one.startsWith(`${path}.`)); // prettier-ignore
  return key === undefined ? null : (origins[key] ?? null);
}

export interface DraftedComponent {
  componentId: string;
  name: string;
  effective: Settings;
  /** Where its values were set, by path. */
  origins?: Readonly<Record<string, SettingOrigin>>;
}
export function diffComponents(
  live: readonly SnapshotComponent[],
  drafted: readonly DraftedComponent[],
): ComponentChange[] {
  const changes = drafted.flatMap((component): ComponentChange[] => {
    const { componentId, name } = component;
    const before = live.find((entry) => entry.componentId === componentId);
    if (!before) return [{ componentId, name, change: 'added', fields: [] }];
    const fields = diffSettings(before.settings, component.effective, component.origins);
    return fields.length === 0 ? [] : [{ componentId, name, change: 'changed', fields }];
  });
  const removed = live
    .filter((entry) => !drafted.some((component) => component.componentId === entry.componentId))
    .map(({ componentId, name }) => ({ componentId, name, change: 'removed' as const, fields: [] }));
  return [...changes, ...removed];
}

export interface CurrentVariable {
  id: string;
  key: string;
  scope: VariableScope;
  use: VariableUse;
  componentId: string | null;
}
export type VariableState = 'live' | 'new' | 'changed';
export interface VariableComparison {
  /** Of each current row, by its id. A row that another one hides has no effect and counts as live. */
  states: Map<string, VariableState>;
  removed: { key: string; scope: VariableScope; component: string | null }[];
}

const place = (row: Pick<SnapshotVariable, 'key' | 'scope'>, componentId: string | null): string =>
  `${row.scope}/${row.scope === 'component' ? (componentId ?? '') : ''}/${row.key}`;

/** The current rows against those that the live release started with. */
export function compareVariables(
  live: readonly Pick<SnapshotComponent, 'componentId' | 'name' | 'variables'>[],
  current: readonly CurrentVariable[],
  componentIds: readonly string[],
): VariableComparison {
  const liveIds = new Set<string>();
  const livePlaces = new Map<string, { key: string; scope: VariableScope; component: string | null }>();
  for (const component of live)
    for (const row of component.variables) {
      liveIds.add(row.variableId);
      const name = row.scope === 'component' ? component.name : null;
      livePlaces.set(place(row, component.componentId), { key: row.key, scope: row.scope, component: name });
    }
  const effective = new Set(
    componentIds.flatMap((componentId) => {
      const seen = current.filter((row) => row.componentId === null || row.componentId === componentId);
      return [...effectiveVariables(seen, 'build'), ...effectiveVariables(seen, 'run')].map((row) => row.id);
    }),
  );
  const states = new Map<string, VariableState>();
  for (const row of current) {
    const isKnown = livePlaces.delete(place(row, row.componentId));
    if (liveIds.has(row.id) || !effective.has(row.id)) states.set(row.id, 'live');
    else states.set(row.id, isKnown ? 'changed' : 'new');
  }
  return { states, removed: [...livePlaces.values()] };
}

/** The comparison as a list of changes. */
export function variableChanges(
  comparison: VariableComparison,
  current: readonly (CurrentVariable & { componentName: string | null })[],
): VariableChange[] {
  const changed = current.flatMap((row): VariableChange[] => {
    const state = comparison.states.get(row.id);
    if (state !== 'new' && state !== 'changed') return [];
    return [{ key: row.key, scope: row.scope, component: row.componentName, change: state === 'new' ? 'added' : 'changed' }]; // prettier-ignore
  });
  return [...changed, ...comparison.removed.map((row) => ({ ...row, change: 'removed' as const }))];
}
