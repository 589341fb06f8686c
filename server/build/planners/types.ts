/** Planners are pure: a repository listing and settings in, a plan as data out. Nothing is run or written. */
import type { BuildPlan } from '#server/build/types.ts';
import type { FailureCode } from '#server/domain/release.ts';
import type { Settings } from '#server/domain/settings.ts';
import type { ComponentKind } from '#server/domain/words.ts';

/** Part of every build key: raise it with each change that alters what is built from the same source. */
export const plannerVersion = 1;

/** What a planner may see of a fetched commit. All paths are relative to the repository, `/`-separated, normalised. */
export interface RepositoryListing {
  /** Every regular file, and links whose target is a regular file inside of the repository; sorted. */
  readonly paths: readonly string[];
  /** The text of a file of at most 256 KiB; null when it is not listed, larger, or not text. */
  read(path: string): string | null;
  /** True when the path itself, or a folder on the way to it, is a link that leads out of the repository. */
  leavesRepository(path: string): boolean;
}

export interface PlanContext {
  /** Name of the component: the process type of the same name is its own. */
  name: string;
  kind: ComponentKind;
  /** Names of the variables with use build or both: they become build arguments. */
  buildVariables: readonly string[];
}
export interface PlanFailure {
  kind: 'failed';
  code: Extract<FailureCode, 'no_planner' | 'dockerfile_missing' | 'path_outside_repository'>;
  message: string;
  advice: string;
  /** Dotted path of the setting that mends it. */
  setting: string;
}
export type PlanResult = { kind: 'planned'; plan: BuildPlan } | PlanFailure;

/** The repository below the root directory, with what was asked for it. */
export interface PlanInput {
  /** Listing whose paths are relative to the root directory. */
  files: RepositoryListing;
  settings: Settings;
  context: PlanContext;
}
/** One planner of the ordered list. */
export interface Planner {
  name: BuildPlan['planner'];
  /** True when the repository is of this kind; the first planner that says so plans it. */
  detect(input: PlanInput): boolean;
  plan(input: PlanInput): PlanResult;
}
