/** Hashes: of what a build depends on, and of what an instance is. */
import { createHash, createHmac } from 'node:crypto';
import type { BuildPlan } from '#server/build/types.ts';
import type { Settings } from '#server/domain/settings.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/**
 * Equal key, same artifact: the code, how it is built, the values that the build sees, and what it is built with.
 * Values are hashed with a key, so that the stored hash gives no value away.
 */
export const buildKeyOf = (input: {
  key: Buffer;
  treeHash: string;
  plan: BuildPlan;
  settings: Settings['build'];
  rootDirectory: string;
  values: Record<string, string>;
  salt: string;
}): string => {
  const values = Object.entries(input.values).sort(([a], [b]) => (a < b ? -1 : 1));
  const { plan } = input;
  return createHmac('sha256', input.key)
    .update(
      JSON.stringify([
        1, input.treeHash, input.rootDirectory, input.settings, [plan.planner, plan.dockerfile, plan.context, plan.target, plan.port, plan.command],
        values, input.salt,
      ]), // prettier-ignore
    )
    .digest('hex');
};

export const specHashOf = (document: string): string => sha256(document);
/** Separates the build cache of organizations; nobody can guess the one of another. */
export const cacheNamespaceOf = (key: Buffer, orgId: string): string =>
  createHmac('sha256', key).update(orgId).digest('hex').slice(0, 32);
