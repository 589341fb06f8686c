/** Deployments for scenarios: rows of an organization, repositories of the platform, releases by the use cases that people use. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { and, eq } from 'drizzle-orm';
import { memberships, organizations, users } from '#server/db/schema/organizations.ts';
import { regions } from '#server/db/schema/platform.ts';
import { components, deployments, drafts, projects, repositories, variables } from '#server/db/schema/projects.ts';
import { releases } from '#server/db/schema/releases.ts';
import { isFinal, type ReleaseState } from '#server/domain/release-machine.ts';
import type { ReleaseTrigger } from '#server/domain/release.ts';
import type { SettingsOverrides } from '#server/domain/settings.ts';
import type { ComponentKind } from '#server/domain/words.ts';
import { newId, randomSuffix } from '#server/ids.ts';
import { execOk } from '#server/exec.ts';
import { deriveKey, seal } from '#server/secret.ts';
import { GitSource } from '#server/source/git.ts';
import { PlatformRepositories, repositoryFolder } from '#server/source/repository-host.ts';
import { abortRelease } from '#server/usecases/abort-release.ts';
import type { ReleaseContext } from '#server/usecases/plan-snapshot.ts';
import { requestRelease } from '#server/usecases/request-release.ts';
import { requestRollback } from '#server/usecases/request-rollback.ts';
import { operateDeployment } from '#server/usecases/operate-deployment.ts';
import type { Machine } from '#e2e/faults/machine.ts';

export type ReleaseRow = typeof releases.$inferSelect;
const author = { name: 'Anna Berg', email: 'anna@example.test' };
const folder = path.dirname(new URL(import.meta.url).pathname);

/** Source of the test application. @param lines more of the Dockerfile, before its last line */
export const appFiles = (version: string, lines: readonly string[] = []): Map<string, Buffer> =>
  new Map([
    ['app.mjs', readFileSync(path.join(folder, 'app.mjs'))],
    ['version', Buffer.from(version)],
    ['Dockerfile', Buffer.from(['FROM slipway-test-base:1', 'COPY app.mjs version /', ...lines, 'EXPOSE 3000', 'CMD ["node", "/app.mjs"]', ''].join('\n'))],
  ]); // prettier-ignore

export const quick: SettingsOverrides = {
  run: { port: 3000 },
  size: { memoryMib: 96, cpuMillis: 1000 },
  // At a tenth of the times sixty seconds are six, which an application needs to start on a busy machine.
  readiness: { settleSeconds: 1, drainSeconds: 20, stopGraceSeconds: 10, deadlineSeconds: 300 },
};

/** The tenant of all scenarios, so that equal code is built once. */
export class Tenant {
  readonly machine: Machine;
  readonly orgId: string;
  readonly regionId: string;
  readonly ctx: ReleaseContext;
  /** See `Stage.base`. */
  base: Place | null = null;
  readonly #repositories: PlatformRepositories;

  private constructor(machine: Machine, orgId: string, userId: string, regionId: string) {
    this.machine = machine;
    this.orgId = orgId;
    this.regionId = regionId;
    const { config } = machine;
    const key = (purpose: string): Buffer => deriveKey(config.masterSecret, purpose);
    this.ctx = {
      db: machine.db,
      sources: new GitSource(config),
      keys: { variables: key('variables'), credentials: key('credentials') },
      actor: { userId, sessionId: 'ses_faults', orgId, role: 'owner', isOperator: false },
    };
    this.#repositories = new PlatformRepositories({ stateDir: config.stateDir });
  }

  /** @param region another tenant's: both wait in the same queue */
  static async create(machine: Machine, region?: string): Promise<Tenant> {
    const { db } = machine;
    const [orgId, userId, regionId] = [newId('organization'), newId('user'), region ?? newId('region')];
    const tag = randomSuffix(6);
    await db.insert(organizations).values({ id: orgId, slug: `org-${tag}`, name: 'Faults' });
    await db.insert(users).values({ id: userId, email: `${tag}@example.test`, name: 'Anna' });
    await db.insert(memberships).values({ orgId, userId, role: 'owner' });
    const slots = { buildSlots: 8, rolloutSlots: 16, orgLimit: 24 };
    if (region === undefined) await db.insert(regions).values({ id: regionId, slug: `r-${tag}`, name: 'Here', appsDomain: 'apps.localhost', ...slots }); // prettier-ignore
    return new Tenant(machine, orgId, userId, regionId);
  }

  /** A project with one component, or several, from a repository of its own, and a deployment that is not deployed yet. */
  async place(
    options: {
      settings?: SettingsOverrides;
      files?: Map<string, Buffer>;
      more?: readonly { name: string; kind: ComponentKind; settings: SettingsOverrides }[];
    } = {},
  ): Promise<Place> {
    const { db } = this.machine;
    const { orgId, regionId } = this;
    const tag = randomSuffix(6);
    const ids = { projectId: newId('project'), repositoryId: newId('repository'), deploymentId: newId('deployment') };
    const { projectId, repositoryId, deploymentId } = ids;
    await db.insert(projects).values({ id: projectId, orgId, slug: `p-${tag}`, name: 'Shop' });
    await db.insert(repositories).values({ id: repositoryId, orgId, projectId, kind: 'platform' });
    await this.#repositories.create(repositoryId, options.files ?? appFiles('1'), 'First', author);
    const made: string[] = [];
    const main = { name: 'web', kind: 'web' as const, settings: {} };
    for (const one of [main, ...(options.more ?? [])]) {
      const componentId = newId('component');
      made.push(componentId);
      const settings = { ...quick, ...(one === main ? options.settings : one.settings) };
      await db.insert(components).values({ id: componentId, orgId, projectId, name: one.name, kind: one.kind, repositoryId, settings }); // prettier-ignore
    }
    const handle = `shop-${tag}`;
    await db.insert(deployments).values({ id: deploymentId, orgId, projectId, regionId, slug: 'production', name: 'Production', stageName: 'production', stageKind: 'built', handle }); // prettier-ignore
    const document = { components: made.map((componentId) => ({ componentId, overrides: {} })) };
    await db.insert(drafts).values({ deploymentId, orgId, document });
    return new Place(this, { ...ids, componentId: made[0] ?? '', host: `${handle}.apps.localhost` });
  }
}

interface PlaceIds {
  projectId: string;
  repositoryId: string;
  deploymentId: string;
  componentId: string;
  host: string;
}
export class Place {
  readonly tenant: Tenant;
  readonly ids: PlaceIds;
  /** What was asked for here, in order. */
  readonly requested: string[] = [];

  constructor(tenant: Tenant, ids: PlaceIds) {
    this.tenant = tenant;
    this.ids = ids;
  }
  get db(): Machine['db'] {
    return this.tenant.machine.db;
  }

  async request(trigger?: ReleaseTrigger): Promise<string> {
    const { deploymentId } = this.ids;
    const more = trigger ? { trigger } : {};
    const { releaseId } = await requestRelease(this.tenant.ctx, { deploymentId, kind: 'deploy', ...more });
    this.requested.push(releaseId);
    return releaseId;
  }
  /** Deploys and waits. @throws Error when it does not end as said */
  async deploy(outcome = 'live'): Promise<ReleaseRow> {
    const release = await this.over(await this.request());
    if (release.outcome !== outcome) throw new Error(`${release.outcome}: ${JSON.stringify(release.failure)}`);
    return release;
  }
  async restart(): Promise<string> {
    const { releaseId } = await operateDeployment(this.tenant.ctx, {
      kind: 'restart',
      deploymentId: this.ids.deploymentId,
    });
    this.requested.push(releaseId);
    return releaseId;
  }
  async rollback(releaseId: string): Promise<string> {
    const asked = await requestRollback(this.tenant.ctx, { releaseId });
    this.requested.push(asked.releaseId);
    return asked.releaseId;
  }
  abort(releaseId: string): Promise<unknown> {
    return abortRelease(this.tenant.ctx, { releaseId });
  }
  /** A value that instances see; the next release starts new ones. */
  async set(key: string, value: string): Promise<void> {
    const { projectId, deploymentId } = this.ids;
    const { orgId, ctx } = this.tenant;
    const id = newId('variable');
    const mine = and(eq(variables.projectId, projectId), eq(variables.key, key));
    await this.db.transaction(async (tx) => {
      await tx.update(variables).set({ replacedAt: new Date() }).where(mine);
      await tx.insert(variables).values({
        id, orgId, projectId, deploymentId, componentId: null, scope: 'deployment', use: 'run', key,
        sealed: seal(ctx.keys.variables, `${orgId}/${id}`, value),
      }); // prettier-ignore
    });
  }
  configure(settings: SettingsOverrides): Promise<unknown> {
    const merged = { ...quick, ...settings };
    return this.db.update(components).set({ settings: merged }).where(eq(components.id, this.ids.componentId));
  }
  /** New code on `main`. */
  async commit(files: Map<string, Buffer> = appFiles(String(Math.random()))): Promise<void> {
    const lines: (string | Buffer)[] = [
      `commit refs/heads/main\ncommitter ${author.name} <${author.email}> ${Math.floor(Date.now() / 1000)} +0000\n`,
      `data 4\nNext\nfrom refs/heads/main^0\ndeleteall\n`,
    ];
    for (const [name, content] of files) lines.push(`M 100644 inline ${name}\ndata ${content.length}\n`, content, '\n');
    const repository = repositoryFolder(this.tenant.machine.stateDir, this.ids.repositoryId);
    const input = Buffer.concat([...lines, 'done\n'].map((line) => Buffer.from(line)));
    await execOk('git', ['--git-dir', repository, 'fast-import', '--quiet', '--done'], { input });
  }

  async row(releaseId: string): Promise<ReleaseRow> {
    const [row] = await this.db.select().from(releases).where(eq(releases.id, releaseId));
    if (!row) throw new Error(`No release ${releaseId}`);
    return row;
  }
  /** Waits until it has its outcome. */
  over(releaseId: string, limitMs = 180_000): Promise<ReleaseRow> {
    return this.until(releaseId, (row) => row.outcome !== null, limitMs);
  }
  reached(releaseId: string, state: ReleaseState, limitMs = 120_000): Promise<ReleaseRow> {
    return this.until(releaseId, (row) => row.state === state, limitMs);
  }
  /** Polls; a database that is away is asked again. */
  async until(releaseId: string, is: (row: ReleaseRow) => boolean, limitMs: number): Promise<ReleaseRow> {
    const end = Date.now() + limitMs;
    let last: ReleaseRow | null = null;
    for (;;) {
      last = await this.row(releaseId).catch(() => last);
      if (last && is(last)) return last;
      if (Date.now() > end) throw new Error(`${releaseId} is still ${last?.state ?? 'unknown'} (${last?.failure?.code ?? last?.heldReason ?? ''})`); // prettier-ignore
      await sleep(20);
    }
  }
  /** Waits until nothing works on the deployment any more. */
  async quiet(limitMs = 180_000): Promise<void> {
    const mine = eq(releases.deploymentId, this.ids.deploymentId);
    for (const end = Date.now() + limitMs; ; await sleep(50)) {
      const rows = await this.db.select().from(releases).where(mine).catch(() => null); // prettier-ignore
      if (rows?.every((row) => isFinal(row.state) || row.state === 'live')) return;
      if (Date.now() > end)
        throw new Error(`${rows?.map((row) => `${row.kind} ${row.state}`).join(', ') ?? 'no database'}`);
    }
  }
}
