/** Signatures of what is being built; each leaves this file with its code. */
import type { PersonContext, Services, UseCaseContext } from '#server/usecases/context.ts';
import type { Page } from '#server/domain/views/common.ts';
import type * as projects from '#server/domain/views/projects.ts';
import type * as releases from '#server/domain/views/releases.ts';
import { AppError } from '#server/errors.ts';

type Uc<Input, Output> = (ctx: UseCaseContext, input: Input) => Promise<Output>;
const pending = async (): Promise<never> => {
  throw new AppError('unavailable', 'Being built.');
};
type In = Record<string, unknown>;
type PersonUc<Output> = (ctx: PersonContext, input: In) => Promise<Output>;
type OpenUc<Output> = (ctx: Services & { address: string }, input: In) => Promise<Output>;

export const completeSetup: OpenUc<{ email: string; org: string }> = pending;
export const joinByInvitation: OpenUc<{ email: string; org: string }> = pending;
export const listTemplates: PersonUc<projects.TemplateView[]> = pending;
export const inspectRepository: Uc<In, projects.RepositoryInspection> = pending;
export const listRepositories: Uc<In, projects.RepositoryView[]> = pending;
export const setRepositoryCredential: Uc<In, projects.RepositoryView> = pending;
export const listProjects: Uc<In, projects.ProjectSummary[]> = pending;
export const getProject: Uc<In, projects.ProjectView> = pending;
export const createProject: Uc<In, projects.ProjectCreated> = pending;
export const renameProject: Uc<In, { id: string; name: string }> = pending;
export const deleteProject: Uc<In, { id: string; restorableUntil: Date }> = pending;
export const listComponents: Uc<In, projects.ComponentView[]> = pending;
export const addComponent: Uc<In, projects.ComponentView> = pending;
export const removeComponent: Uc<In, { id: string }> = pending;
export const updateComponentDefaults: Uc<In, projects.ComponentView> = pending;
export const listCredentials: Uc<In, projects.CredentialView[]> = pending;
export const createCredential: Uc<In, projects.CredentialView> = pending;
export const generateDeployKey: Uc<In, projects.CredentialView> = pending;
export const deleteCredential: Uc<In, { id: string }> = pending;
export const getDeployment: Uc<In, releases.DeploymentView> = pending;
export const createDeployment: Uc<In, { id: string; slug: string; handle: string }> = pending;
export const renameDeployment: Uc<In, { id: string; name: string }> = pending;
export const deleteDeployment: Uc<In, { id: string; restorableUntil: Date }> = pending;
export const restoreDeployment: Uc<In, { id: string }> = pending;
export const listTimeline: Uc<In, Page<releases.TimelineEntry>> = pending;
export const getDraft: Uc<In, projects.DraftView> = pending;
export const saveDraft: Uc<In, { revision: number }> = pending;
export const diffDraft: Uc<In, releases.DraftDiff> = pending;
export const listVariables: Uc<In, projects.VariableList> = pending;
export const setVariables: Uc<In, { changed: number }> = pending;
export const removeVariable: Uc<In, { id: string }> = pending;
export const previewDotenv: Uc<In, projects.DotenvPreview> = pending;
export const revealVariable: Uc<In, { value: string }> = pending;
export const listReleases: Uc<In, Page<releases.ReleaseRow>> = pending;
export const findRelease: Uc<In, { releaseId: string }> = pending;
export const getRelease: Uc<In, releases.ReleaseView> = pending;
export const requestRelease: Uc<In, releases.ReleaseRequested> = pending;
export const abortRelease: Uc<In, { releaseId: string }> = pending;
export const restartDeployment: Uc<In, releases.ReleaseRequested> = pending;
export const readLogPage: Uc<In, releases.LogPage> = pending;
export const listRegions: Uc<In, releases.RegionView[]> = pending;
export const listQueue: Uc<In, releases.QueueEntry[]> = pending;
export async function* followLog(): AsyncGenerator<readonly [string, releases.LogMessage]> {
  await pending();
  yield ['', { kind: 'end' }];
}
export async function* followEvents(): AsyncGenerator<readonly [string, releases.OrgEvent]> {
  await pending();
  yield ['', { kind: 'hello' }];
}
