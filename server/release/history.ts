/**
 * What a run leaves behind for the checker: every state change as the database saw it, every call that changed the
 * machine, what containers did, every request of a load, and what there was at the end. Times are ms since the epoch by one clock.
 */
import type { Failure } from '#server/domain/release.ts';
import type { Outcome, ReleaseKind, ReleaseState } from '#server/domain/release-machine.ts';

/** A release's row after a statement that changed it, in the order of the statements. */
export interface ReleaseChange {
  at: number;
  id: string;
  deploymentId: string;
  kind: ReleaseKind;
  number: number | null;
  state: ReleaseState;
  /** Database time of the entry into the state: tells two visits of one state apart. */
  stateSince: string;
  outcome: Outcome | null;
  failure: Failure | null;
  owner: string | null;
  fence: number;
  takeovers: number;
  deadlineAt: string | null;
  routeGeneration: number | null;
}
export interface InstanceChange {
  at: number;
  id: string;
  deploymentId: string;
  componentId: string;
  startedBy: string;
  role: 'serving' | 'hook';
  hook: string;
  state: string;
}
/** A publication that the edge took, and when it was in force; null where nobody looked. */
export interface Published {
  at: number;
  deploymentId: string;
  releaseId: string;
  generation: number;
  servers: readonly string[];
}
export interface Confirmed {
  at: number;
  deploymentId: string;
  generation: number;
}
export interface ContainerEvent {
  at: number;
  instanceId: string;
  /** `stopping`: somebody asked it to end. `listening`: it can serve from here on. */
  kind: 'created' | 'started' | 'listening' | 'stopping' | 'removed';
}
/** A call under a fence that the machine carried out. */
export interface ChangingCall {
  at: number;
  scope: string;
  fence: number;
  method: string;
}
export interface RequestFact {
  deploymentId: string;
  startedAt: number;
  endedAt: number;
  kind: string;
  /** `X-Slipway-Release` of the answer; empty when there was none. */
  release: string;
  /** Set when it failed; the reason. */
  failure: string | null;
}
/** Requests may fail in here because the fault itself took the edge, the engine or the instances away. */
export interface Excuse {
  from: number;
  to: number;
  why: string;
  /** All deployments when left out. */
  deploymentId?: string;
}
export interface EndState {
  /** Instances that have a container, and those that run. */
  containers: readonly string[];
  running: readonly string[];
  /** Deployments that have a network. Null where it was not looked at. */
  networks: readonly string[] | null;
  /** Networks that the rows say. */
  networkRows: readonly string[];
  /** Work folders, credential files, images and containers of builds: nothing of a release that is over may stay. */
  leftovers: readonly string[];
  deployments: readonly { id: string; power: string; liveReleaseId: string | null }[];
}
export interface History {
  releases: readonly ReleaseChange[];
  instances: readonly InstanceChange[];
  published: readonly Published[];
  /** Null: the edge was not asked; then the answers to requests tell. */
  confirmed: readonly Confirmed[] | null;
  containers: readonly ContainerEvent[];
  /** Null where calls were not recorded. */
  calls: readonly ChangingCall[] | null;
  requests: readonly RequestFact[];
  excuses: readonly Excuse[];
  end: EndState;
}
