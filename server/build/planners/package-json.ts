/** `package.json` as far as planners need it. Pure; a stranger's file, so every field is checked. */
import * as z from 'zod';
import type { RepositoryListing } from '#server/build/planners/types.ts';

const texts = z.record(z.string(), z.string()).catch({});
const packageSchema = z.object({
  name: z.string().optional().catch(undefined),
  main: z.string().optional().catch(undefined),
  packageManager: z.string().optional().catch(undefined),
  workspaces: z.unknown().optional(),
  engines: texts.default({}),
  scripts: texts.default({}),
  dependencies: texts.default({}),
  devDependencies: texts.default({}),
});
export type PackageJson = z.output<typeof packageSchema>;

/** Null when there is none, or it is not a JSON object. */
export function readPackageJson(files: RepositoryListing): PackageJson | null {
  const text = files.read('package.json');
  if (text === null) return null;
  try {
    const parsed = packageSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

export const dependsOn = (json: PackageJson, name: string): boolean =>
  Object.hasOwn(json.dependencies, name) || Object.hasOwn(json.devDependencies, name);
