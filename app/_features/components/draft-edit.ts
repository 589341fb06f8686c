/** Edits of a draft before they are saved. Pure. */
import {
  settingField,
  settingGroups,
  valueAt,
  volumesText,
  withValue,
  type SettingField,
} from '#app/_features/components/view.ts';
import type { DraftComponentView, DraftView } from '#server/domain/views/projects.ts';

type Overrides = Record<string, unknown>;
/** Component → its overrides as edited; absent when untouched. */
export type Edits = ReadonlyMap<string, Overrides>;

/** Choices that mean nothing for the kind are not offered. */
const withChoicesFor = (field: SettingField, kind: string): SettingField =>
  field.choices
    ? { ...field, choices: field.choices.filter((choice) => !choice.for || choice.for.includes(kind)) }
    : field;

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The fields that apply to a kind of component, group by group. */
export const groupsFor = (kind: string, hasRepository: boolean) =>
  settingGroups
    .filter((group) => !group.of || group.of === (hasRepository ? 'repository' : 'image'))
    .map((group) => ({
      ...group,
      fields: group.fields
        .filter((field) => !field.for || field.for.includes(kind))
        .map((field) => withChoicesFor(field, kind)),
    }))
    .filter((group) => group.fields.length > 0);

/** What a field shows: the edit, else the override, else the value without it. */
export function shownValue(path: string, overrides: Overrides, component: Pick<DraftComponentView, 'base'>): unknown {
  const own = valueAt(overrides, path);
  return own === undefined ? valueAt(component.base, path) : own;
}
/** Sets a value; one that is there without it is no override. */
export function setOverride(
  overrides: Overrides,
  path: string,
  value: unknown,
  component: Pick<DraftComponentView, 'base'>,
): Overrides {
  const field = settingField(path);
  // A part of a whole value, `ref.name` of `ref`: the rest of it comes along.
  if (field && field.path !== path && path.startsWith(`${field.path}.`)) {
    const whole = shownValue(field.path, overrides, component);
    const part = withValue(
      typeof whole === 'object' && whole !== null ? { ...whole } : {},
      path.slice(field.path.length + 1),
      value,
    );
    return setOverride(overrides, field.path, part, component);
  }
  return withValue(overrides, path, same(value, valueAt(component.base, path)) ? undefined : value);
}

/** How many fields differ from the saved draft. */
export function countEdits(draft: DraftView, edits: Edits): number {
  let count = 0;
  for (const component of draft.components) {
    const edited = edits.get(component.componentId);
    if (!edited) continue;
    for (const group of settingGroups)
      for (const field of group.fields)
        if (!same(valueAt(edited, field.path), valueAt(component.overrides, field.path))) count += 1;
  }
  return count;
}
/** The document that is saved: the edits in place, everything else untouched. */
export const documentWith = (draft: DraftView, edits: Edits) => ({
  components: draft.document.components.map((entry) => ({
    componentId: entry.componentId,
    overrides: edits.get(entry.componentId) ?? entry.overrides,
  })),
});
/** The message for a field from the path that the server names. */
export function documentErrorPath(draft: DraftView, componentId: string, path: string): string {
  const index = draft.document.components.findIndex((entry) => entry.componentId === componentId);
  return `document.components.${String(index)}.overrides.${path}`;
}

/** What is missing stays empty, so that the server's message stands at the field. */
function volumeFrom(part: string): { name: string; path: string; sizeGib: number } {
  const [name = '', path = '', size = '1'] = part.split(/\s+/);
  return { name, path, sizeGib: Number(size) };
}

const plain = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
/** A value as the text of its input. */
export function inputText(field: SettingField, value: unknown): string {
  if (value === null || value === undefined) return '';
  if (field.kind === 'switch') return String(value === true);
  if (field.kind === 'cpu') return typeof value === 'number' ? String(value / 1000) : plain(value);
  if (field.kind === 'ref') return plain(valueAt(value, 'name'));
  if (field.kind === 'http') return plain(valueAt(value, 'path'));
  if (field.kind === 'volumes') return volumesText(value);
  if (field.kind === 'paths') return Array.isArray(value) ? value.join(', ') : '';
  return plain(value);
}
/** The value of what was typed. Numbers that are none stay text, so that the server's message stands at the field. */
export function typedValue(field: SettingField, text: string, before: unknown): unknown {
  const trimmed = text.trim();
  switch (field.kind) {
    case 'number':
    case 'cpu': {
      if (trimmed === '') return null;
      const value = Number(trimmed.replace(',', '.'));
      return Number.isFinite(value) ? (field.kind === 'cpu' ? Math.round(value * 1000) : value) : text;
    }
    case 'ref':
      return { kind: plain(valueAt(before, 'kind')) || 'branch', name: trimmed };
    case 'http':
      return trimmed === '' ? null : { path: trimmed, status: valueAt(before, 'status') ?? 200 };
    case 'paths':
      return trimmed === '' ? [] : trimmed.split(',').map((part) => part.trim()).filter(Boolean); // prettier-ignore
    case 'volumes':
      return trimmed.split(',').map((part) => part.trim()).filter(Boolean).map(volumeFrom); // prettier-ignore
    case 'image':
      return trimmed === '' ? null : trimmed;
    case 'command':
      return trimmed === '' ? null : text;
    case 'path':
      return trimmed === '' && field.path === 'build.outputDirectory' ? null : trimmed;
    case 'switch':
      return trimmed === 'true';
    case 'text':
      return trimmed === '' && field.path === 'run.processType' ? null : trimmed;
    case 'choice':
      return trimmed;
    default:
      return field.kind satisfies never;
  }
}
