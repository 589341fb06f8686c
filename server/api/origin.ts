/** The dashboard's own origin, for the check of changing requests. */
import { loadConfig } from '#server/config.ts';

let known: string | null = null;
/** @throws Error when the configuration is wrong. */
export function publicOrigin(): string {
  known ??= new URL(loadConfig().SLIPWAY_PUBLIC_URL).origin;
  return known;
}
