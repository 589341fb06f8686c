/**
 * Which planner builds a repository. The order is the rule and the documentation: an explicit setting, then a
 * Dockerfile, because its author said exactly what to build, then the language that is detected, then plain files.
 */
import type { Settings } from '#server/domain/settings.ts';
import { dockerfilePlanner } from '#server/build/planners/dockerfile.ts';
import { listingBelow } from '#server/build/planners/memory-listing.ts';
import { nodePlanner } from '#server/build/planners/node.ts';
import { procfileHooks, readProcfile } from '#server/build/planners/procfile.ts';
import { pythonPlanner } from '#server/build/planners/python.ts';
import { staticPlanner } from '#server/build/planners/static.ts';
import type { PlanContext, PlanInput, Planner, PlanResult, RepositoryListing } from '#server/build/planners/types.ts';

const planners: readonly Planner[] = [dockerfilePlanner, nodePlanner, pythonPlanner, staticPlanner];

/**
 * The plan for one component. Pure: the same listing and settings always give the same plan. Paths in the plan are
 * relative to the repository.
 */
export function planBuild(listing: RepositoryListing, settings: Settings, context: PlanContext): PlanResult {
  const root = settings.rootDirectory;
  if (root !== '' && listing.leavesRepository(root)) {
    return {
      kind: 'failed',
      code: 'path_outside_repository',
      message: 'The root directory is a link that leads out of the repository.',
      advice: 'Set the root directory to a folder of the repository.',
      setting: 'rootDirectory',
    };
  }
  const input = { files: listingBelow(listing, root), settings, context };
  const chosen = settings.build.planner;
  const planner = planners.find((one) => (chosen === 'auto' ? one.detect(input) : one.name === chosen));
  if (planner) return withHooks(input, planner.plan(input));
  return {
    kind: 'failed',
    code: 'no_planner',
    message: 'Nothing in this folder says how to build it: no Dockerfile, package.json, Python files or index.html.',
    advice: 'Check the root directory, or add a Dockerfile.',
    setting: 'rootDirectory',
  };
}

/** Hooks are the same whatever builds the code, and a Procfile that cannot be read is never passed over. */
function withHooks(input: PlanInput, result: PlanResult): PlanResult {
  if (result.kind === 'failed') return result;
  const types = readProcfile(input);
  if ('kind' in types) return types;
  const hooks = procfileHooks(types);
  if (!hooks) return result;
  const named = [
    ['postdeploy', hooks.postdeploy],
    ['first-deploy', hooks.firstDeploy],
  ] as const;
  const found = named.flatMap(([name, command]) =>
    command === null ? [] : [`${name} hook \`${command}\` (Procfile)`],
  );
  return { kind: 'planned', plan: { ...result.plan, found: [...result.plan.found, ...found], hooks } };
}
