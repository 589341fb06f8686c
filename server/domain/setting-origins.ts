/** Where each setting that is not the product's default was set. Pure. */
import type { SettingOrigin } from '#server/domain/release.ts';
import { mergeSettings, type Settings, type SettingsOverrides } from '#server/domain/settings.ts';

const isGroup = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function paths(value: unknown, prefix: string): string[] {
  if (!isGroup(value)) return value === undefined ? [] : [prefix];
  return Object.entries(value).flatMap(([key, inner]) => paths(inner, prefix === '' ? key : `${prefix}.${key}`));
}

/** What sets values of a component, the weakest first. */
export interface SettingLayers {
  /** `slipway.yaml` at the component's commit; empty without one. */
  manifest: SettingsOverrides;
  project: SettingsOverrides;
  deployment: SettingsOverrides;
}

/** Dotted path → the layer that set it; a later layer hides an earlier one. */
export const originsOf = ({ manifest, project, deployment }: SettingLayers): Record<string, SettingOrigin> => {
  const of = (layer: SettingsOverrides, origin: SettingOrigin) =>
    paths(layer, '').map((path) => [path, origin] as const);
  return Object.fromEntries([
    ...of(manifest, 'slipway.yaml'),
    ...of(project, 'project'),
    ...of(deployment, 'deployment'),
  ]);
};

/** The layers as one. @throws ZodError when a field is out of bounds. */
export const mergeLayers = ({ manifest, project, deployment }: SettingLayers): Settings =>
  mergeSettings(manifest, project, deployment);

/** The layer that `origin` was, from what was merged: for code that is newer than the settings it is deployed with. */
export function layerOf(
  settings: Settings,
  origins: Record<string, SettingOrigin>,
  origin: SettingOrigin,
): SettingsOverrides {
  const layer: Record<string, unknown> = {};
  for (const [path, from] of Object.entries(origins)) if (from === origin) copy(settings, layer, path.split('.'));
  return layer;
}
function copy(from: unknown, to: Record<string, unknown>, path: readonly string[]): void {
  const [key = '', ...rest] = path;
  if (!isGroup(from)) return;
  if (rest.length === 0) {
    to[key] = from[key];
    return;
  }
  const inner = to[key];
  const group = isGroup(inner) ? inner : {};
  to[key] = group;
  copy(from[key], group, rest);
}
