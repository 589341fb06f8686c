import type { PromotionRefusal } from '#server/domain/promotion.ts';
import type { FieldChange, PersonRef, SshPlace } from '#server/domain/views/common.ts';
import type { DeploymentSummary } from '#server/domain/views/projects.ts';
import type { StatusNode } from '#server/domain/views/status.ts';
import type { ManifestOffer } from '#server/domain/manifest-layer.ts';
import type { Failure, ReleaseReport, ReleaseTrigger, SettingOrigin, SnapshotSource } from '#server/domain/release.ts';
import type { Lane, Outcome, ReleaseKind, ReleaseState } from '#server/domain/release-machine.ts';
import type { Settings } from '#server/domain/settings.ts';
import type { ComponentKind, LogLevel, LogStreamKind } from '#server/domain/words.ts';

export interface CommitRef {
  componentId: string;
  component: string;
  commit: string;
  message: string;
  author: string;
  refName: string;
}
/** A row of the releases table. Operations have no number. */
export interface ReleaseRow {
  id: string;
  deploymentId: string;
  number: number | null;
  kind: ReleaseKind;
  state: ReleaseState;
  stateSince: Date;
  outcome: Outcome | null;
  /** Is what serves now. */
  isLive: boolean;
  /** Aborting is still possible. */
  canAbort: boolean;
  heldReason: string | null;
  failure: { code: string; message: string } | null;
  trigger: ReleaseTrigger;
  /** The name of its commits. */
  tag: { id: string; name: string } | null;
  requestedBy: PersonRef | null;
  commits: CommitRef[];
  createdAt: Date;
  startedAt: Date | null;
  liveAt: Date | null;
  endedAt: Date | null;
}
/** A row with what can be done with it. */
export interface ReleaseTableRow extends ReleaseRow {
  /** Why it cannot be restored, or null when it can. */
  rollbackRefusal: string | null;
}
/** What restoring a release would do. */
export interface RollbackPreview {
  releaseId: string;
  number: number | null;
  liveNumber: number | null;
  refusal: string | null;
  /** Numbers of the releases that can be restored, newest first. */
  restorable: number[];
  /** From what is live to what would be. */
  code: CodeChange[];
  components: ComponentChange[];
  variables: VariableChange[];
  /** Values that were revoked since: never used again, replaced by the current one where there is one. */
  revoked: { key: string; component: string | null; isReplaced: boolean }[];
  /** Add-ons that stay as they are. */
  keptAddOns: string[];
  /** Hooks that ran after the release went live; a rollback does not undo what they did. */
  hooksSince: number;
  /** Waiting and working releases that it ends. */
  ends: { releaseId: string; number: number | null; kind: ReleaseKind; state: ReleaseState }[];
  /** Automatic deploys are paused already. */
  isPaused: boolean;
}
/** What an operation would do. */
export interface OperationPreview {
  kind: 'restart' | 'scale' | 'suspend' | 'resume';
  refusal: string | null;
  /** Sentences in the order in which things happen. */
  effects: string[];
  ends: RollbackPreview['ends'];
}
/** Code of a component before and after. */
export interface CodeChange {
  component: string;
  from: { commit: string; message: string } | null;
  to: { commit: string; message: string };
}
export interface ReleaseStepView {
  seq: number;
  state: ReleaseState;
  startedAt: Date;
  endedAt: Date | null;
  note: string;
}
export interface ReleaseComponentView {
  componentId: string;
  name: string;
  kind: ComponentKind;
  source: SnapshotSource;
  settings: Settings;
  origins: Record<string, SettingOrigin>;
  variableKeys: string[];
  buildOutcome: 'built' | 'reused' | 'given' | null;
  /** What the planner found, one line each. */
  found: string[];
  port: number | null;
  artifactId: string | null;
  imageSizeBytes: number | null;
}
export interface ReleaseView extends ReleaseTableRow {
  deploymentSlug: string;
  deploymentName: string;
  projectId: string;
  projectSlug: string;
  projectName: string;
  url: string;
  lane: Lane;
  draftRevision: number | null;
  steps: ReleaseStepView[];
  components: ReleaseComponentView[];
  failureDetails: Failure | null;
  report: ReleaseReport | null;
  supersededBy: { id: string; number: number | null } | null;
  previous: { id: string; number: number | null } | null;
  /** Place in the region's queue while waiting, from 1; null otherwise. */
  queuePosition: number | null;
  deadlineAt: Date | null;
}
export interface ReleaseRequested {
  releaseId: string;
  /** Null for operations. */
  number: number | null;
}

export interface CommitLine {
  commit: string;
  /** First line of the message. */
  subject: string;
  author: string;
  /** ISO time; null when the host does not say. */
  at: string | null;
}
/** The code of one component that would ship against what is live. */
export interface CodeDiff {
  componentId: string;
  component: string;
  /** A commit or the reference of an image; null when nothing of the component is live. */
  from: string | null;
  to: string;
  /** What led to `to`; null for an image. */
  refName: string | null;
  /** The release whose build is taken, where the ref means one. */
  builtBy: { deployment: string; number: number | null } | null;
  /**
   * `ahead`: `commits` come with it. `behind`: `commits` are taken back. `other`: neither is in the other's history;
   * `commits` are its newest. `new`: nothing of it is live. `image`: no commits.
   */
  relation: 'same' | 'ahead' | 'behind' | 'other' | 'new' | 'image';
  /** Newest first, at most 20. */
  commits: CommitLine[];
  /** How many more there are; null when that is not known. */
  more: number | null;
}

export interface ComponentChange {
  componentId: string;
  name: string;
  change: 'added' | 'removed' | 'changed';
  fields: FieldChange[];
}
export interface VariableChange {
  key: string;
  scope: string;
  component: string | null;
  change: 'added' | 'changed' | 'removed';
}
/** The draft and the variables against the live release. */
export interface DraftDiff {
  revision: number;
  liveNumber: number | null;
  components: ComponentChange[];
  variables: VariableChange[];
  /** All of them. */
  count: number;
}

/** What a request would ship now. */
export interface ReleasePreview {
  draftRevision: number;
  commits: CommitRef[];
  /** Per component, what lies between live and what would ship. */
  code: CodeDiff[];
  /** What is live, its number. */
  liveNumber: number | null;
  /** Settings that change, with `slipway.yaml` at the commits that would ship. */
  components: ComponentChange[];
  /** Names only. */
  variables: VariableChange[];
  /** A repository that cannot be read now. */
  problem: { componentId: string; code: string; message: string; advice: string } | null;
  offered: ManifestOffer[];
}

/** What a promotion would do. */
export interface PromotionPreview {
  releaseId: string;
  number: number | null;
  from: { id: string; slug: string; name: string };
  to: { id: string; slug: string; name: string };
  /** The target's draft, whose settings it gets. */
  draftRevision: number;
  /** What is live in the target. */
  liveNumber: number | null;
  /** Empty when it can be promoted. */
  refusals: PromotionRefusal[];
  code: CodeDiff[];
  components: ComponentChange[];
  variables: VariableChange[];
  /** Components of the release that the target does not have. */
  leftOut: string[];
  /** Components whose hooks will run in the target. */
  hooks: string[];
}

export interface TimelineEntry {
  seq: number;
  at: Date;
  kind: string;
  releaseId: string | null;
  instanceId: string | null;
  actor: PersonRef | null;
  data: Record<string, unknown>;
}
/** The newest commit of a branch against what is live. */
export interface BranchTip {
  repositoryId: string;
  ref: string;
  components: string[];
  commit: string;
  message: string;
  liveCommit: string | null;
  /** Commits that live is behind; null when they differ and the number is not known. */
  ahead: number | null;
  checkedAt: Date;
}
export interface DeploymentView extends DeploymentSummary, SshPlace {
  project: { id: string; slug: string; name: string };
  region: { id: string; slug: string; name: string };
  /** Every host with its URL, the main one first. */
  hosts: { component: string | null; url: string }[];
  /** Deploys by itself when a branch of what is live moves. */
  autoDeploy: boolean;
  autoPausedReason: string | null;
  autoRevert: boolean;
  tree: StatusNode;
  live: ReleaseRow | null;
  /** Working or waiting now. */
  current: ReleaseRow | null;
  /** The newest release when it did not go live. */
  lastFailed: ReleaseRow | null;
  tips: BranchTip[];
  timeline: TimelineEntry[];
  draftRevision: number;
  /** Draft edits and variable changes that are not live. */
  pendingChanges: number;
  createdAt: Date;
}

export interface LogLineView {
  streamId: string;
  seq: number;
  at: string;
  level: LogLevel;
  text: string;
  kind: LogStreamKind;
  component: string | null;
  /** `web-1` on lines of a console. */
  instance: string | null;
  instanceId: string | null;
}
export interface LogPage {
  lines: LogLineView[];
  /** Continues after the last line; also what `logs.follow` resumes from. */
  after: string;
  /** For the page before the first line; null at the beginning. */
  before: string | null;
  hasMore: boolean;
}
/** What `logs.follow` sends. */
export type LogMessage =
  | { kind: 'lines'; lines: LogLineView[] }
  /** All streams of a finished release were read to the end. */
  | { kind: 'end' };

export interface RegionView {
  id: string;
  slug: string;
  name: string;
  appsDomain: string;
  buildSlots: number;
  rolloutSlots: number;
}
