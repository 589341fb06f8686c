/** Where a value was set, in words. Pure. */
import type { SettingOrigin } from '#server/domain/release.ts';

/** Who set a field, its parts included; null for the product's default. */
export function originOf(origins: Readonly<Record<string, SettingOrigin>>, path: string): SettingOrigin | null {
  const part = Object.keys(origins).find((key) => key.startsWith(`${path}.`));
  return origins[path] ?? (part === undefined ? undefined : origins[part]) ?? null;
}
export const originWords: Record<SettingOrigin | 'Procfile', string> = {
  'slipway.yaml': 'slipway.yaml',
  Procfile: 'the Procfile',
  project: 'the project',
  deployment: 'the deployment',
};
