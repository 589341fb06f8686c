/** Fields of inputs. Never derived from table schemas; every object is strict and every field limited. */
import * as z from 'zod';
import { databaseEngines } from '#server/domain/databases.ts';
import { displayName, slug } from '#server/domain/naming.ts';
import { gitRef, imageReference, portNumber, repositoryPath } from '#server/domain/settings.ts';
import { settingsOverrides } from '#server/domain/settings-overrides.ts';
import { volumeSizeGib } from '#server/domain/volumes.ts';
import { componentKinds, roles, stageKinds, variableScopes, variableUses } from '#server/domain/words.ts';

export const id = z
  .string()
  .max(40)
  .regex(/^[a-z0-9_]+$/, 'Not an id');
/** An id, or the slug that stands in a page's address. */
export const idOrSlug = z
  .string()
  .max(40)
  .regex(/^[a-z0-9_-]+$/, 'Not a name');
export const cursor = z.string().max(4000).optional();
export const limit = z.number().int().min(1).max(200).default(50);

export const role = z.enum(roles);
export const token = z.string().min(1).max(200);

export const gitUrl = z.string().trim().min(1, 'The https or ssh URL').max(500, 'At most 500 characters');
export const stage = z.strictObject({ name: slug, kind: z.enum(stageKinds) });
export const strictRef = gitRef.strict();
/** The commits that a page showed: what ships is what was shown, or a conflict. */
export const shownCommits = z
  .array(
    z.strictObject({
      componentId: id,
      commit: z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, 'A full commit id'),
    }),
  )
  .max(50);

const secretText = z.string().min(1, 'Enter the token').max(1000, 'At most 1,000 characters');
const username = z
  .string()
  .trim()
  .max(100, 'At most 100 characters')
  .regex(/^[^\s:]*$/, 'No spaces or colons')
  .default('');
export const credentialInput = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({ kind: z.literal('stored'), credentialId: id }),
  z.strictObject({ kind: z.literal('token'), username, token: secretText }),
]);
export const newToken = { name: displayName, username, token: secretText };

export const newComponent = {
  name: slug,
  kind: z.enum(componentKinds),
  settings: settingsOverrides.default({}),
};
export const componentSource = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('repository'), repositoryId: id }),
  z.strictObject({ kind: z.literal('git'), url: gitUrl, credential: credentialInput, ref: strictRef }),
  z.strictObject({ kind: z.literal('image'), image: imageReference }),
  z.strictObject({ kind: z.literal('database'), engine: z.enum(databaseEngines), sizeGib: volumeSizeGib }),
]);
export const projectSource = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('template'),
    template: slug,
    parameters: z.record(z.string().max(60), z.string().max(2000)).default({}),
  }),
  z.strictObject({
    kind: z.literal('git'),
    url: gitUrl,
    credential: credentialInput,
    ref: strictRef,
    rootDirectory: repositoryPath.default(''),
    /** Left out: what `slipway.yaml` describes. */
    component: z.strictObject(newComponent).optional(),
  }),
  z.strictObject({
    kind: z.literal('image'),
    image: imageReference,
    /** Left out for a worker, which has none. */
    port: portNumber.optional(),
    component: z.strictObject(newComponent),
  }),
]);
export const firstDeployment = z.strictObject({ name: displayName, stage, regionId: id.optional() });

export const variableKey = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'Letters, digits and _, not starting with a digit; at most 128 characters');
export const variableValue = z
  .string()
  .max(65_536, 'At most 64 KiB')
  .refine((value) => !value.includes('\0'), 'No NUL characters');
export const variableTarget = {
  projectId: id,
  scope: z.enum(variableScopes),
  deploymentId: id.optional(),
  componentId: id.optional(),
};
export const variableEntry = z.strictObject({
  key: variableKey,
  value: variableValue,
  isSecret: z.boolean(),
  use: z.enum(variableUses).default('run'),
});
