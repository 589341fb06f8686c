/**
 * Settings of a component: what a project sets as default, a deployment's draft overrides and a release freezes.
 * One zod schema is the validation, the limits and the documentation. Every field has a limit and a message.
 */
import * as z from 'zod';
import { volumeDeclarations } from '#server/domain/volumes.ts';
import { handOvers } from '#server/domain/words.ts';

/** Relative, normalised, inside the repository (R24). */
export const repositoryPath = z
  .string()
  .max(300, 'At most 300 characters')
  .refine((value) => !/[\p{Cc}\\]/u.test(value), 'No control characters or backslashes')
  .refine((value) => !value.startsWith('/'), 'A path inside the repository, without a leading /')
  .refine((value) => !value.split('/').includes('..'), 'No .. in the path')
  .transform((value) =>
    value
      .split('/')
      .filter((part) => part !== '' && part !== '.')
      .join('/'),
  );

/** `git check-ref-format` rules that matter, and no leading `-` (R23). */
export const refName = z
  .string()
  .min(1, 'Name a branch, tag or commit')
  .max(250, 'At most 250 characters')
  .refine(
    (value) => !/[\0-\x20~^:?*[\\\x7f]|\.\.|@\{|\/\/|\.lock(\/|$)|\/$|\.$|^[-/.]|^@$|\/\./.test(value),
    'Not a valid Git name',
  );
export const gitRef = z.object({ kind: z.enum(['branch', 'tag', 'commit']), name: refName });
export type GitRef = z.output<typeof gitRef>;
/** `build`: the newest build of that branch which went live in another deployment of the project, not its newest commit. */
export const componentRef = z.object({ kind: z.enum(['branch', 'tag', 'commit', 'build']), name: refName });
export type ComponentRef = z.output<typeof componentRef>;

/** `name@sha256:…`: a digest, so that what runs is what was named. */
export const imageReference = z
  .string()
  .trim()
  .max(300, 'At most 300 characters')
  .regex(/^[a-z0-9](?:[a-z0-9._:/-]*[a-z0-9])?@sha256:[a-f0-9]{64}$/, 'Give the image with its digest: name@sha256:…');

const command = z.string().trim().max(2000, 'At most 2,000 characters').nullable();
export const httpPath = z
  .string()
  .max(500, 'At most 500 characters')
  .regex(/^\/(?!\/)[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*$/, 'A path that starts with one /');
export const portNumber = z.number().int('A whole number').min(1, 'From 1 to 65535').max(65_535, 'From 1 to 65535');

export const planners = ['auto', 'dockerfile', 'node', 'python', 'static'] as const;
export const readinessSchema = z.object({
  /** `null`: the port accepts (web, tcp, static) or the process stays alive for the settle time (worker). */
  http: z
    .object({ path: httpPath, status: z.number().int().min(100).max(599).default(200) })
    .nullable()
    .default(null),
  deadlineSeconds: z.number().int().min(1).max(1200).default(60),
  settleSeconds: z.number().int().min(0).max(300).default(5),
  drainSeconds: z.number().int().min(0).max(600).default(30),
  stopGraceSeconds: z.number().int().min(0).max(300).default(30),
});

export const settingsSchema = z.object({
  ref: componentRef.default({ kind: 'branch', name: 'main' }),
  rootDirectory: repositoryPath.default(''),
  /** Of a component that is an image: what runs instead of the one it was made with. */
  image: imageReference.nullable().default(null),
  build: z
    .object({
      planner: z.enum(planners).default('auto'),
      dockerfile: repositoryPath.default('Dockerfile'),
      /** Build context, relative to the root directory. */
      context: repositoryPath.default(''),
      target: z
        .string()
        .regex(/^[A-Za-z0-9_.-]{0,64}$/, 'Letters, digits, _ . - only')
        .default(''),
      installCommand: command.default(null),
      buildCommand: command.default(null),
      /** Folder with the finished files (static). */
      outputDirectory: repositoryPath.nullable().default(null),
      /** Further paths of the repository that are part of the build key. */
      extraPaths: z.array(repositoryPath).max(20).default([]),
    })
    .prefault({}),
  run: z
    .object({
      command: command.default(null),
      /** Which line of the `Procfile` it runs; `null`: the one with its name, else the one of its kind. */
      processType: z
        .string()
        .regex(/^[A-Za-z][A-Za-z0-9_-]{0,31}$/, 'Letters, digits, _ and -, at most 32')
        .nullable()
        .default(null),
      port: portNumber.nullable().default(null),
    })
    .prefault({}),
  hook: z
    .object({
      /** Once per release, before traffic; an empty text means none, also when the `Procfile` has one. */
      postdeploy: command.default(null),
      /** In place of it until the first release is live. */
      firstDeploy: command.default(null),
      /** May run again after its instance was lost; otherwise a lost one fails the release. */
      repeatable: z.boolean().default(false),
    })
    .prefault({}),
  size: z
    .object({
      cpuMillis: z.number().int().min(50, 'At least 0.05 CPU').max(64_000, 'At most 64 CPU').default(1000),
      memoryMib: z.number().int().min(32, 'At least 32 MiB').max(262_144, 'At most 256 GiB').default(512),
    })
    .prefault({}),
  instances: z.number().int().min(0, 'From 0 to 10').max(10, 'From 0 to 10').default(1),
  handOver: z.enum(handOvers).default('overlap'),
  /** Storage that outlives instances. One instance at a time has it, so the hand-over is `single`. */
  volumes: volumeDeclarations.default([]),
  readiness: readinessSchema.prefault({}),
  /** `main`: the deployment's host; `own`: a host of the component. The path prefix is matched by whole segments. */
  route: z.object({ host: z.enum(['main', 'own']).default('main'), path: httpPath.default('/') }).prefault({}),
});
/** Complete settings: what a release freezes. */
export type Settings = z.output<typeof settingsSchema>;

type DeepPartial<T> = T extends readonly unknown[] | null
  ? T
  : T extends object
    ? { [K in keyof T]?: DeepPartial<T[K]> | undefined }
    : T;
/** Overrides: any subset of the fields; `mergeSettings` fills the rest. */
export type SettingsOverrides = DeepPartial<Settings>;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
function mergeDeep(base: unknown, over: unknown): unknown {
  if (over === undefined) return base;
  if (!isRecord(base) || !isRecord(over)) return over;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) merged[key] = mergeDeep(base[key], value);
  return merged;
}
/** Later layers win field by field; the result is validated and complete. @throws ZodError when a field is out of bounds. */
export const mergeSettings = (...layers: readonly SettingsOverrides[]): Settings =>
  settingsSchema.parse(layers.reduce<unknown>((merged, layer) => mergeDeep(merged, layer), {}));

/** A draft: which components are in the deployment and what they override. */
export const draftSchema = z.object({
  components: z
    .array(z.object({ componentId: z.string().max(40), overrides: z.record(z.string(), z.unknown()).default({}) }))
    .max(50, 'At most 50 components'),
});
export type Draft = z.output<typeof draftSchema>;
