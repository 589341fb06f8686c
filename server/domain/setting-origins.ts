/** Where each setting that is not the product's default was set. Pure. */
import type { SettingsOverrides } from '#server/domain/settings.ts';

const isGroup = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function paths(value: unknown, prefix: string): string[] {
  if (!isGroup(value)) return value === undefined ? [] : [prefix];
  return Object.entries(value).flatMap(([key, inner]) => paths(inner, prefix === '' ? key : `${prefix}.${key}`));
}

/** Dotted path → the layer that set it; the deployment's overrides hide the project's. */
export const originsOf = (
  project: SettingsOverrides,
  deployment: SettingsOverrides,
): Record<string, 'project' | 'deployment'> => ({
  ...Object.fromEntries(paths(project, '').map((path) => [path, 'project' as const])),
  ...Object.fromEntries(paths(deployment, '').map((path) => [path, 'deployment' as const])),
});
