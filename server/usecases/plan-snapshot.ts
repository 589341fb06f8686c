/**
 * From a draft, or from what is live, to the snapshot of a release. Refs are resolved to commits once, here; what a person
 * can mend is answered as an input error, a repository that cannot be read as data with its reason.
 */
import { and, asc, eq, inArray, isNull } from 'drizzle-orm';
import type { Tx } from '#server/db/client.ts';
import { newestBuild } from '#server/db/newest-build.ts';
import { repositoryLocation } from '#server/db/repository-locations.ts';
import { components, deployments, drafts, variables } from '#server/db/schema/projects.ts';
import { releases } from '#server/db/schema/releases.ts';
import { namedDatabase, withDatabases } from '#server/domain/databases.ts';
import { handOverProblem } from '#server/domain/hand-over.ts';
import type { ManifestFile } from '#server/domain/manifest.ts';
import type { ReleaseSnapshot, SnapshotComponent, SnapshotSource, SnapshotVariable } from '#server/domain/release.ts';
import { routeConflicts } from '#server/domain/routes.ts';
import { type ComponentRef, type GitRef, type Settings, type SettingsOverrides } from '#server/domain/settings.ts'; // prettier-ignore
import { layerOf, mergeLayers, originsOf, type SettingLayers } from '#server/domain/setting-origins.ts';
import { effectiveVariables, resolveVariables } from '#server/domain/variables.ts';
import { AppError, badInput, notFound } from '#server/errors.ts';
import { unseal } from '#server/secret.ts';
import { SourceFailure } from '#server/source/types.ts';
import { manifestEntry, Manifests } from '#server/usecases/apply-manifest.ts';
import { inOrg, type UseCaseContext } from '#server/usecases/context.ts';
import { ensureDatabasePasswords } from '#server/usecases/database-passwords.ts';

/** `deploy`: newest code, the draft. `trigger`: newest code, the draft's edits left out. `configuration`: the draft, the code that is live. */
export type RequestKind = 'deploy' | 'trigger' | 'configuration';

/** What requesting a release needs of a context. */
export type ReleaseContext = Pick<UseCaseContext, 'db' | 'actor' | 'keys' | 'sources'>;
/** What planning one needs: no person, because branches that move ask for releases too. */
export type PlanContext = Omit<ReleaseContext, 'actor'> & { actor: Pick<UseCaseContext['actor'], 'orgId'> };

type VariableRow = typeof variables.$inferSelect;
/** A component whose code may still have to be looked up. */
export interface PlannedComponent extends Omit<SnapshotComponent, 'source'> {
  /** What project and deployment set; `settings` are theirs alone until the code, and with it `slipway.yaml`, is known. */
  layers: Omit<SettingLayers, 'manifest'>;
  /** `missing`: the frozen code names nothing for it. */
  from: SnapshotSource | { kind: 'ref'; repositoryId: string; ref: GitRef } | { kind: 'missing' };
}
/** Code that is given, component by component: a tag's, or another release's. */
export type FrozenCode = readonly Pick<SnapshotComponent, 'componentId' | 'source'>[];
export interface SnapshotPlan {
  deployment: typeof deployments.$inferSelect;
  draftRevision: number;
  components: PlannedComponent[];
  live: typeof releases.$inferSelect | null;
}

/**
 * @param frozen the code to take instead of what the refs say; add-ons keep their own.
 * @throws AppError not_found, conflict (nothing live yet, not running), bad_input (draft, variables or routes to be mended)
 */
export const planSnapshot = (
  ctx: PlanContext,
  deploymentId: string,
  kind: RequestKind,
  frozen?: FrozenCode,
): Promise<SnapshotPlan> =>
  inOrg(ctx, async (tx) => {
    const { orgId } = ctx.actor;
    const [row] = await tx
      .select({ deployment: deployments, draft: drafts })
      .from(deployments)
      .innerJoin(drafts, and(eq(drafts.deploymentId, deployments.id), eq(drafts.orgId, orgId)))
      .where(and(eq(deployments.id, deploymentId), eq(deployments.orgId, orgId)));
    if (!row) throw notFound();
    const { deployment, draft } = row;
    if (deployment.power !== 'running' || deployment.deletedAt !== null)
      throw new AppError('conflict', 'This deployment does not run. Resume or restore it first.');
    const live = deployment.liveReleaseId === null ? null : await releaseRow(tx, orgId, deployment.liveReleaseId);
    if (kind !== 'deploy' && !live) throw new AppError('conflict', 'Nothing is live yet: use Deploy.');
    const planned =
      kind === 'trigger' && live
        ? await fromLive(tx, deployment, live.snapshot)
        : await fromDraft(tx, ctx, deployment, draft.document, codeFor(kind, live?.snapshot, frozen));
    return { deployment, draftRevision: draft.revision, components: planned, live };
  });

async function releaseRow(tx: Tx, orgId: string, id: string): Promise<typeof releases.$inferSelect | null> {
  const [row] = await tx
    .select()
    .from(releases)
    .where(and(eq(releases.id, id), eq(releases.orgId, orgId)));
  return row ?? null;
}

async function fromLive(tx: Tx, deployment: DeploymentRow, live: ReleaseSnapshot): Promise<PlannedComponent[]> {
  const planned: PlannedComponent[] = [];
  for (const component of live.components) {
    const { source, settings, componentId } = component;
    const from = source.kind === 'image' ? source : await refSource(tx, deployment, componentId, source.repositoryId, settings.ref); // prettier-ignore
    // The file of the newer code takes the place of the one that the live release had.
    const layers = { project: layerOf(settings, component.origins, 'project'), deployment: layerOf(settings, component.origins, 'deployment') }; // prettier-ignore
    planned.push({ ...component, layers, from });
  }
  return planned;
}

type DeploymentRow = typeof deployments.$inferSelect;
type CodeOf = (row: typeof components.$inferSelect) => SnapshotSource | { kind: 'missing' } | undefined;
/** Where the code of a component comes from when not from its ref. */
function codeFor(kind: RequestKind, live: ReleaseSnapshot | undefined, frozen: FrozenCode | undefined): CodeOf {
  const sourceOf = (code: FrozenCode, id: string) => code.find((one) => one.componentId === id)?.source;
  if (frozen === undefined)
    return (row) => (kind === 'configuration' && live ? sourceOf(live.components, row.id) : undefined);
  return (row) => {
    if (row.kind === 'add-on') return sourceOf(live?.components ?? [], row.id);
    return sourceOf(frozen, row.id) ?? (row.repositoryId === null ? undefined : { kind: 'missing' });
  };
}

/** What a ref means: the host is asked later for a branch, a tag or a commit; a build is known here. @throws AppError bad_input */
async function refSource(
  tx: Tx,
  deployment: DeploymentRow,
  componentId: string,
  repositoryId: string,
  { kind, name }: ComponentRef,
): Promise<PlannedComponent['from']> {
  if (kind !== 'build') return { kind: 'ref', repositoryId, ref: { kind, name } };
  const { orgId, projectId, id: deploymentId } = deployment;
  const built = await newestBuild(tx, { orgId, projectId, deploymentId, componentId, branch: name });
  if (built?.repositoryId === repositoryId) return built;
  throw badInput(
    `components.${componentId}.ref.name`,
    `No other deployment of the project has brought a build of ${name} live. Deploy the branch there first, or choose the branch itself.`,
  );
}

async function fromDraft(
  tx: Tx,
  ctx: PlanContext,
  deployment: DeploymentRow,
  draft: (typeof drafts.$inferSelect)['document'],
  codeOf: CodeOf,
): Promise<PlannedComponent[]> {
  const { orgId } = ctx.actor;
  const ids = draft.components.map((one) => one.componentId);
  if (ids.length === 0) throw badInput('components', 'Add a component first.');
  const rows = await tx
    .select()
    .from(components)
    .where(
      and(
        eq(components.orgId, orgId),
        eq(components.projectId, deployment.projectId),
        inArray(components.id, ids),
        isNull(components.removedAt),
      ),
    ) // prettier-ignore
    .orderBy(asc(components.position), asc(components.createdAt));
  await ensureDatabasePasswords(ctx, tx, deployment, rows);
  const values = await currentVariables(tx, deployment);
  const planned: PlannedComponent[] = [];
  for (const row of rows) {
    const overrides = draft.components.find((one) => one.componentId === row.id)?.overrides as SettingsOverrides;
    const layers = { manifest: {}, project: row.settings, deployment: overrides };
    const settings = mergeLayers(layers);
    if (row.repositoryId !== null && settings.image !== null)
      throw badInput(`components.${row.name}.image`, `${row.name} is built from code: an image has no effect on it.`);
    const own = (): PlannedComponent['from'] | Promise<PlannedComponent['from']> =>
      row.repositoryId === null
        ? imageOf(row, settings)
        : refSource(tx, deployment, row.id, row.repositoryId, settings.ref);
    planned.push({
      componentId: row.id,
      name: row.name,
      kind: row.kind,
      settings,
      layers,
      origins: originsOf(layers),
      variables: snapshotVariables(values, row.id),
      from: codeOf(row) ?? (await own()),
    });
  }
  checkVariables(ctx, planned, values);
  return planned;
}

function imageOf(row: typeof components.$inferSelect, settings: Settings): SnapshotSource {
  if (row.image === null) throw badInput(`components.${row.name}.source`, `${row.name} has neither code nor an image.`);
  return { kind: 'image', reference: settings.image ?? row.image };
}

/** Values in force: the project's, then those of this deployment; later ones win within the same scope. */
async function currentVariables(tx: Tx, deployment: DeploymentRow): Promise<VariableRow[]> {
  const rows = await tx
    .select()
    .from(variables)
    .where(
      and(
        eq(variables.orgId, deployment.orgId),
        eq(variables.projectId, deployment.projectId),
        isNull(variables.replacedAt),
        isNull(variables.revokedAt),
      ),
    ) // prettier-ignore
    .orderBy(asc(variables.createdAt), asc(variables.id));
  const mine = rows.filter((row) => row.deploymentId === null || row.deploymentId === deployment.id);
  return [...mine.filter((row) => row.deploymentId === null), ...mine.filter((row) => row.deploymentId !== null)];
}

function snapshotVariables(rows: readonly VariableRow[], componentId: string): SnapshotVariable[] {
  const own = rows.filter((row) => row.scope !== 'component' || row.componentId === componentId);
  const winners = new Set([...effectiveVariables(own, 'build'), ...effectiveVariables(own, 'run')]);
  return own
    .filter((row) => winners.has(row))
    .map((row) => ({ variableId: row.id, key: row.key, use: row.use, scope: row.scope }));
}

const platformPlaceholders = { PORT: '0', STAGE: '-', APP_PUBLIC_URL: '-', RELEASE: '0', COMPONENT: '-' };

/** What would fail later for certain is an input error now. */
function checkSettings(planned: readonly SnapshotComponent[]): void {
  const [conflict] = routeConflicts(planned);
  if (conflict) throw badInput(`components.${conflict.componentId}.route.path`, conflict.message);
  for (const one of planned) {
    const problem = handOverProblem(one);
    if (problem) throw badInput(`components.${one.componentId}.${problem.path}`, `${one.name}: ${problem.message}`);
  }
}
function checkVariables(ctx: PlanContext, planned: readonly PlannedComponent[], rows: readonly VariableRow[]): void {
  const byId = new Map(rows.map((row) => [row.id, row]));
  for (const target of ['build', 'run'] as const) {
    const scopes = planned.map((component) => ({
      component: component.name,
      platform: target === 'run' ? platformPlaceholders : {},
      variables: effectiveVariables(component.variables, target).flatMap((variable) => {
        const row = byId.get(variable.variableId);
        if (!row) return [];
        return [{ key: row.key, version: row.id, value: unseal(ctx.keys.variables, `${row.orgId}/${row.id}`, row.sealed).reveal() }]; // prettier-ignore
      }),
    }));
    const databases = planned.flatMap(({ name, from }) => namedDatabase(name, from.kind === 'image' ? from.reference : null)); // prettier-ignore
    const { problems } = resolveVariables(target === 'run' ? withDatabases(scopes, databases) : scopes);
    const [problem] = problems;
    if (problem) throw badInput(`variables.${problem.key}`, `${problem.component}: ${problem.reference} in ${problem.key}. ${problem.message}`); // prettier-ignore
  }
}

export interface ResolvedSnapshot {
  snapshot: ReleaseSnapshot;
  /** The first repository that could not be read, or whose `slipway.yaml` is wrong. */
  failure: { componentId: string; repositoryId: string; error: SourceFailure } | null;
  /** The `slipway.yaml` of each commit that has one. */
  manifests: ManifestFile[];
}

/**
 * Looks up each ref once, and puts `slipway.yaml` at that commit below the settings.
 * @throws AppError unavailable when a host does not answer for now, conflict when code is missing, bad_input (routes, variables)
 */
export async function resolveSnapshot(
  ctx: PlanContext,
  plan: SnapshotPlan,
  signal: AbortSignal,
): Promise<ResolvedSnapshot> {
  const found = new Map<string, Promise<SnapshotSource>>();
  let failure: ResolvedSnapshot['failure'] = null;
  const resolve = async (repositoryId: string, ref: GitRef): Promise<SnapshotSource> => {
    const location = await repositoryLocation(ctx.db, ctx.keys.credentials, ctx.actor.orgId, repositoryId);
    const { commit, message, author } = await ctx.sources.resolve(location, ref, signal);
    return { kind: 'repository', repositoryId, commit, message, author, refName: ref.name };
  };
  const sourceOf = (from: Exclude<PlannedComponent['from'], { kind: 'missing' }>): Promise<SnapshotSource> => {
    if (from.kind !== 'ref') return Promise.resolve(from);
    const key = `${from.repositoryId} ${from.ref.kind} ${from.ref.name}`;
    const looking = found.get(key) ?? resolve(from.repositoryId, from.ref);
    found.set(key, looking);
    return looking;
  };
  const manifests = new Manifests(ctx, signal);
  const done: SnapshotComponent[] = [];
  for (const { from, layers, ...component } of plan.components) {
    if (from.kind === 'missing')
      throw new AppError('conflict', `${component.name} is not part of it: it was added to this deployment later.`);
    let source: SnapshotSource | null = null;
    try {
      source = await sourceOf(from);
      const said = manifestEntry(await manifests.of(source), component);
      const all = { ...layers, manifest: said?.settings ?? {} };
      done.push({ ...component, source, settings: mergeLayers(all), origins: originsOf(all) });
    } catch (error) {
      if (!(error instanceof SourceFailure) || from.kind === 'image') throw error;
      failure ??= { componentId: component.componentId, repositoryId: from.repositoryId, error };
      done.push({ ...component, source: source ?? unknownSource(from) });
    }
  }
  if (!failure) checkSettings(done);
  return { snapshot: { components: done }, failure, manifests: await manifests.files() };
}

const unknownSource = (from: Exclude<PlannedComponent['from'], { kind: 'missing' | 'image' }>): SnapshotSource =>
  from.kind === 'repository' ? from : { kind: 'repository', repositoryId: from.repositoryId, commit: '', message: '', author: '', refName: from.ref.name }; // prettier-ignore
