/** From a release back to a draft: the overrides that make today's defaults what the release froze. Pure. */
import * as z from 'zod';
import type { ReleaseSnapshot } from '#server/domain/release.ts';
import { type Draft, mergeSettings, type Settings, type SettingsOverrides, settingsSchema } from '#server/domain/settings.ts'; // prettier-ignore
import type { ComponentKind } from '#server/domain/words.ts';

type Shape = Readonly<Record<string, z.core.$ZodType>>;
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const groupOf = (field: z.core.$ZodType | undefined): Shape | null => {
  const inner = field instanceof z.ZodPrefault ? field.unwrap() : null;
  return inner instanceof z.ZodObject ? inner.shape : null;
};

function differences(
  shape: Shape,
  wanted: Record<string, unknown>,
  base: Record<string, unknown>,
  skip: (path: string) => boolean,
  prefix: string,
): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(wanted)) {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    const group = groupOf(shape[key]);
    const before = base[key];
    if (group && isRecord(value) && isRecord(before)) {
      const inner = differences(group, value, before, skip, path);
      if (Object.keys(inner).length > 0) found[key] = inner;
    } else if (JSON.stringify(value) !== JSON.stringify(before) && !skip(path)) found[key] = value;
  }
  return found;
}

/** The fewest overrides on `base` that give `wanted`; paths that `skip` names are left out. Groups field by field, the rest whole. */
export const overridesTo = (wanted: Settings, base: Settings, skip: (path: string) => boolean): SettingsOverrides =>
  differences(settingsSchema.shape, wanted, base, skip, '') as SettingsOverrides;

/**
 * The release's components and settings as a draft. What the repository's own file set is left to that file; add-ons stay
 * as the present draft has them, because their data is newer; a component that the project no longer has is left out and named.
 */
export function draftOfRelease(
  snapshot: ReleaseSnapshot,
  components: readonly { id: string; kind: ComponentKind; settings: SettingsOverrides }[],
  present: Draft,
): { document: Draft; leftOut: string[] } {
  const leftOut: string[] = [];
  const isAddOn = (id: string): boolean => components.find((one) => one.id === id)?.kind === 'add-on';
  const entries = snapshot.components.flatMap(({ componentId, name, settings, origins, kind }) => {
    if (kind === 'add-on') return [];
    const component = components.find((one) => one.id === componentId);
    if (!component) leftOut.push(name);
    if (!component) return [];
    const fromFile = Object.keys(origins).filter((path) => origins[path] === 'slipway.yaml');
    const isFromFile = (path: string): boolean => fromFile.some((one) => one === path || one.startsWith(`${path}.`));
    return [{ componentId, overrides: { ...overridesTo(settings, mergeSettings(component.settings), isFromFile) } }];
  });
  const addOns = present.components.filter((one) => isAddOn(one.componentId));
  return { document: { components: [...entries, ...addOns] }, leftOut };
}
