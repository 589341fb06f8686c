import type { SettingOrigin } from '#server/domain/release.ts';

/** Shapes that the API answers with. Allow-lists: whatever is not named here never leaves the server. */
export interface Page<T> {
  items: T[];
  /** Pass it as `cursor` for the next page; null at the end. */
  nextCursor: string | null;
}
export interface PersonRef {
  id: string;
  name: string;
}
/** A change of one thing, for diffs. Values are plain JSON; secrets are never in it. */
export interface FieldChange {
  /** Dotted path, e.g. `run.port`. */
  path: string;
  from: unknown;
  to: unknown;
  /** Where the new value was set; null for the product's default. */
  origin: SettingOrigin | null;
}

/** How a deployment is reached by SSH. */
export interface SshPlace {
  /** Where the gateway is, and the components that have instances to get into. */
  ssh: { host: string; port: number; components: string[] };
}
