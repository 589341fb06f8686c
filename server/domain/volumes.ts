/** Storage that a component declares. Pure. */
import * as z from 'zod';
import { isMountPath } from '#server/domain/mount-path.ts';

export const gib = 1024 ** 3;
export const maxVolumeGib = 2048;
export const volumeSizeGib = z
  .number()
  .int('A whole number of GiB')
  .min(1, 'At least 1 GiB')
  .max(maxVolumeGib, 'At most 2,048 GiB');

export const volumeDeclaration = z.strictObject({
  name: z
    .string()
    .max(32, 'At most 32 characters')
    .regex(/^[a-z](?:[a-z0-9-]*[a-z0-9])?$/, 'Lower-case letters, digits and -, starting with a letter'),
  path: z.string().refine(isMountPath, 'An absolute path that hides nothing of the system, such as /data'),
  /** What it is made with. It grows on the Storage page and never shrinks. */
  sizeGib: volumeSizeGib,
});
export type VolumeDeclaration = z.output<typeof volumeDeclaration>;

const isUnique = (values: readonly string[]): boolean => new Set(values).size === values.length;
export const volumeDeclarations = z
  .array(volumeDeclaration)
  .max(8, 'At most 8 volumes')
  .refine((all) => isUnique(all.map((one) => one.name)), 'Two volumes have the same name')
  .refine((all) => isUnique(all.map((one) => one.path)), 'Two volumes have the same path');

/** `active`: there for the component. `trashed`: can be restored. `deleting`: on its way out for good. */
export const volumeStates = ['active', 'trashed', 'deleting'] as const;
export type VolumeState = (typeof volumeStates)[number];
/** Where the machine has it. */
export type VolumePlace = 'none' | 'live' | 'trash';
