/** The schema of overrides: any subset of a component's settings, each field with the limits of the complete settings. */
import * as z from 'zod';
import { type SettingsOverrides, settingsSchema } from '#server/domain/settings.ts';

/** Groups (`prefault`) may be given in part; everything else is given whole. Unknown fields are refused at every level. */
export function subsetOf(shape: Readonly<Record<string, z.core.$ZodType>>): z.ZodType {
  return z.strictObject(
    Object.fromEntries(Object.entries(shape).map(([key, field]) => [key, z.optional(fieldSchema(field))])),
  );
}
function fieldSchema(field: z.core.$ZodType): z.core.$ZodType {
  if (field instanceof z.ZodPrefault) {
    const inner = field.unwrap();
    return inner instanceof z.ZodObject ? subsetOf(inner.shape) : inner;
  }
  const bare = field instanceof z.ZodDefault ? field.unwrap() : field;
  return bare instanceof z.ZodObject ? bare.strict() : bare;
}

export const settingsOverrides = subsetOf(settingsSchema.shape) as z.ZodType<SettingsOverrides, SettingsOverrides>;

/** A draft as people send it: what it holds is checked, not only its form. */
export const draftDocument = z.strictObject({
  components: z
    .array(z.strictObject({ componentId: z.string().max(40).regex(/^[a-z0-9_]+$/, 'Not an id'), overrides: settingsOverrides }))
    .max(50, 'At most 50 components'),
}); // prettier-ignore
