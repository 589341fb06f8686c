import type { PersonRef } from '#server/domain/views/common.ts';
import type { StatusSummary } from '#server/domain/views/status.ts';
import type { Draft, GitRef, Settings, SettingsOverrides } from '#server/domain/settings.ts';
import type { ManifestOffer } from '#server/domain/manifest-layer.ts';
import type { SettingOrigin } from '#server/domain/release.ts';
import type { ReleaseState } from '#server/domain/release-machine.ts';
import type { ComponentKind, PowerState, StageKind, VariableScope, VariableUse } from '#server/domain/words.ts';

export interface TemplateView {
  slug: string;
  version: number;
  title: string;
  description: string;
  /** Languages and frameworks. */
  tags: string[];
  /** Path of an image below the dashboard's origin. */
  screenshot: string;
  /** Those that this version can run. */
  stages: { name: string; kind: StageKind }[];
  components: { name: string; kind: ComponentKind; description: string }[];
  /** Each becomes a variable of the project. */
  parameters: { key: string; label: string; help: string; default: string }[];
}

/** One deployment in lists: enough for a pill with its status. */
export interface DeploymentSummary {
  id: string;
  slug: string;
  name: string;
  stageName: string;
  stageKind: StageKind;
  handle: string;
  url: string;
  power: PowerState;
  status: StatusSummary;
  liveNumber: number | null;
  liveAt: Date | null;
  /** Working or waiting now. */
  active: { id: string; number: number | null; state: ReleaseState } | null;
  /** Set while it is in the trash: until when it can be restored. */
  restorableUntil: Date | null;
}
export interface ProjectSummary {
  id: string;
  slug: string;
  name: string;
  createdAt: Date;
  /** What the list shows as source: `template node-web`, a repository's host and path, or an image name. */
  sourceLabel: string;
  /** The worst of its deployments. */
  status: StatusSummary;
  deployments: DeploymentSummary[];
}
export interface RepositoryView {
  id: string;
  kind: 'platform' | 'git';
  url: string | null;
  defaultBranch: string;
  credential: { id: string; name: string } | null;
}
export interface ProjectView extends ProjectSummary {
  template: { slug: string; version: number } | null;
  createdBy: PersonRef | null;
  repositories: RepositoryView[];
  /** For git over SSH; null when the platform holds no repository of the project. */
  cloneUrl: string | null;
  components: ComponentView[];
  /** Stages that a new deployment may choose. */
  stages: { name: string; kind: StageKind }[];
}
export interface ProjectCreated {
  projectId: string;
  projectSlug: string;
  deploymentId: string;
  deploymentSlug: string;
  handle: string;
}

export interface ComponentView {
  id: string;
  name: string;
  kind: ComponentKind;
  repositoryId: string | null;
  image: string | null;
  /** Project defaults: what differs from the product's defaults. */
  settings: SettingsOverrides;
  /** Complete: product defaults with the project's on top. */
  effective: Settings;
  position: number;
  createdAt: Date;
}
export interface RepositoryInspection {
  url: string;
  defaultBranch: string | null;
  branches: string[];
  tags: string[];
  /** The ref that was looked at. */
  ref: GitRef;
  commit: { id: string; message: string; author: string } | null;
  /** What the planners found, one line each, or why they found nothing. */
  found:
    | { kind: 'plan'; planner: string; lines: string[]; port: number | null }
    | { kind: 'none'; message: string; advice: string };
  /** What `slipway.yaml` says at that commit; null without the file. */
  manifest:
    | null
    | { kind: 'read'; components: { name: string; kind: ComponentKind; rootDirectory: string; variables: string[] }[] }
    /** `slipway.yaml:12:5: …`, one each. */
    | { kind: 'wrong'; problems: string[] };
}

export interface CredentialView {
  id: string;
  kind: 'token' | 'deploy-key';
  name: string;
  username: string;
  /** Last four characters of a token; empty for keys. */
  hint: string;
  /** `ssh-ed25519 …` for deploy keys. */
  publicKey: string | null;
  createdAt: Date;
  /** Repositories that use it. */
  usedBy: number;
}

export interface DraftComponentView {
  componentId: string;
  name: string;
  kind: ComponentKind;
  overrides: SettingsOverrides;
  /** What it would be without the overrides: product, `slipway.yaml` at the last look, project. */
  base: Settings;
  /** Product, `slipway.yaml`, project and deployment merged. */
  effective: Settings;
  /** Dotted path → where it was set, for what is not the product's default. */
  origins: Record<string, SettingOrigin>;
}
export interface DraftView {
  deploymentId: string;
  revision: number;
  document: Draft;
  components: DraftComponentView[];
  /** Components of the project that this deployment leaves out. */
  available: { componentId: string; name: string; kind: ComponentKind }[];
  /** Components that `slipway.yaml` describes and the project does not have. */
  offered: ManifestOffer[];
  updatedAt: Date;
  updatedBy: PersonRef | null;
}

export interface VariableView {
  id: string;
  scope: VariableScope;
  key: string;
  use: VariableUse;
  isSecret: boolean;
  /** Last four characters of a secret of 12 or more; values of the others come by `variables.reveal`. */
  hint: string;
  deploymentId: string | null;
  componentId: string | null;
  componentName: string | null;
  createdAt: Date;
  createdBy: PersonRef | null;
  /** Against the live release of the deployment asked for; `live` when none was asked for. */
  state: 'live' | 'new' | 'changed';
}
export interface VariableList {
  variables: VariableView[];
  /** Live in the running release and deleted since. */
  removed: { key: string; scope: VariableScope; componentName: string | null }[];
  /** Changes that the next release brings: new, changed and removed. */
  notLive: number;
}
export interface DotenvPreview {
  /** The values are those of the pasted text. */
  entries: { key: string; value: string; change: 'new' | 'changed' | 'same'; looksSecret: boolean }[];
  problems: { key: string; message: string }[];
}
