/** Tags: a project's names for exact commits. Pure. */
import * as z from 'zod';
import type { ReleaseSnapshot, SnapshotSource } from '#server/domain/release.ts';

/** What a tag freezes of one component. */
export interface TagComponent {
  componentId: string;
  /** Its name when the tag was made. */
  name: string;
  source: SnapshotSource;
}

/** As it stands in addresses and on pages: `v1.8.0`, `2026-11-20`. Not a Git tag. */
export const tagName = z
  .string()
  .trim()
  .min(1, 'Name the tag, for example v1.8.0')
  .max(32, 'At most 32 characters')
  .regex(/^[A-Za-z0-9](?:[A-Za-z0-9._+-]*[A-Za-z0-9])?$/, 'Letters, digits, . _ + and -, not at the ends');
export const tagNotes = z
  .string()
  .trim()
  .max(2000, 'At most 2,000 characters')
  .refine((value) => !/(?![\n\t])[\p{Cc}]/u.test(value), 'No control characters');

/** What a tag made of this release freezes: its components with the code that each has. */
export const frozenOf = (snapshot: ReleaseSnapshot): TagComponent[] =>
  snapshot.components.map(({ componentId, name, source }) => ({ componentId, name, source }));

/**
 * The next name after the newest one: its last number grows by one (`v1.8.0` → `v1.8.1`); a suggestion for a form.
 * `v1` when there is none.
 */
export function nextTagName(newest: string | undefined): string {
  if (newest === undefined) return 'v1';
  const [, head = '', digits] = /^(.*?)(\d{1,9})(?:[^\d]*)$/.exec(newest) ?? [];
  return digits === undefined ? `${newest}-2` : `${head}${String(Number(digits) + 1)}`;
}
