/** The documents that a release carries. Plain data, shared by engine, API and UI. */
import type { ReleaseState } from '#server/domain/release-machine.ts';
import type { Settings } from '#server/domain/settings.ts';
import type { ComponentKind, VariableScope, VariableUse } from '#server/domain/words.ts';

/** Where the code of a component came from when the release was requested. Refs are resolved once. */
export type SnapshotSource =
  | {
      kind: 'repository';
      repositoryId: string;
      commit: string;
      message: string;
      author: string;
      /** What led to the commit: a branch, a Git tag, a commit, or a tag of the project. */
      refName: string;
      /** The release whose build was meant, when the reference was the newest build of a branch. `deployment` is a slug. */
      builtBy?: { releaseId: string; deployment: string; number: number | null };
    }
  | { kind: 'image'; reference: string };

export interface SnapshotVariable {
  /** Row of `variables`; the value itself is never copied. */
  variableId: string;
  key: string;
  use: VariableUse;
  scope: VariableScope;
}
/** Who set a value that is not the product's default. Later ones win: the file of the repository, the project, the deployment. */
export type SettingOrigin = 'slipway.yaml' | 'project' | 'deployment';
export interface SnapshotComponent {
  componentId: string;
  name: string;
  kind: ComponentKind;
  source: SnapshotSource;
  /** Project defaults merged with the deployment's overrides. */
  settings: Settings;
  /** Dotted setting path → where its value came from, for the ones that are not the product's default. */
  origins: Record<string, SettingOrigin>;
  variables: readonly SnapshotVariable[];
}
/** Another number or size of instances for one component; what is left out stays. */
export interface ScaleChange {
  componentId: string;
  instances?: number | undefined;
  cpuMillis?: number | undefined;
  memoryMib?: number | undefined;
}
export interface ReleaseSnapshot {
  components: readonly SnapshotComponent[];
  /** For operations: the components it affects. */
  affects?: readonly string[];
  /** For scale: what it changes of the live release. */
  scale?: readonly ScaleChange[];
}

export type ReleaseTrigger =
  | { by: 'person'; note?: string }
  | { by: 'push'; ref: string }
  | { by: 'api' }
  /** `because`: the platform decided it, after this. */
  | { by: 'rollback'; toNumber: number; because?: string }
  /** `deployment`: the slug of the one that the artifacts come from. */
  | { by: 'promotion'; releaseId: string; deployment: string; number: number | null }
  | { by: 'platform'; note: string };

/** Every way a release ends without going live. The code is what tests, links and texts go by. */
export const failureCodes = [
  'clone_refused', 'clone_unreachable', 'clone_credentials', 'clone_timeout', 'clone_too_large', 'host_key_changed', 'ref_missing',
  'repository_empty', 'root_missing', 'path_outside_repository', 'no_planner', 'manifest_invalid', 'dockerfile_missing', 'dockerfile_unsupported',
  'build_failed', 'build_out_of_memory', 'build_disk_full', 'builder_disk_full', 'disk_full', 'build_process_limit', 'build_timeout', 'image_too_large', 'image_unavailable', 'worker_lost',
  'variable_unresolved', 'capacity', 'exited', 'out_of_memory', 'boot_timeout', 'wrong_port', 'loopback_only', 'health_check', 'command_missing',
  'hook_failed', 'hook_timeout', 'hook_interrupted', 'edge_refused', 'engine_unavailable', 'volume_missing', 'volume_in_use', 'volume_refused', 'internal',
] as const; // prettier-ignore
export type FailureCode = (typeof failureCodes)[number];

/** A place in the dashboard where the failure can be mended. */
export type FixTarget =
  | { kind: 'setting'; componentId: string; path: string; suggestion?: { label: string; value: unknown } }
  | { kind: 'variables'; key?: string }
  | { kind: 'credential'; repositoryId: string }
  | { kind: 'retry' };

export interface Failure {
  /** The state it failed in. */
  phase: ReleaseState;
  code: FailureCode;
  /** One sentence: what happened. From the cause, not from the colour. */
  message: string;
  /** One sentence: what to do. */
  advice: string;
  componentId?: string;
  /** The last 50 lines of the output concerned. */
  lastLines: readonly string[];
  fix?: FixTarget;
}

/** What the edge counted while the release switched. */
/** What the report subtracts: the edge's counters before the switch changed anything, and what went on since. */
export interface ReportBase {
  requests: number;
  failed: number;
  held?: number;
  /** ISO time. */
  at: string;
  /** Components that are replaced one at a time: their old instances may have ended. */
  swapped?: readonly string[];
  drained?: number;
  cut?: number;
}

export interface ReleaseReport {
  servedRequests: number;
  failedRequests: number;
  /** Waited at the edge while a component was replaced; missing in reports of before that was possible. */
  heldRequests?: number;
  drainedConnections: number;
  cutConnections: number;
  switchMs: number;
}
