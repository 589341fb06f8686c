/**
 * `npm run up -- --demo`: an account, and a sample project from a template, deployed. Everything goes through the same
 * use cases as the dashboard.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { and, desc, eq, isNull } from 'drizzle-orm';
import { webProcess } from '#server/api/services.ts';
import type { Db } from '#server/db/client.ts';
import { deployments, memberships, projects, releases, users } from '#server/db/schema/index.ts';
import type { Actor } from '#server/domain/permissions.ts';
import { completeSetup } from '#server/usecases/complete-setup.ts';
import type { UseCaseContext } from '#server/usecases/context.ts';
import { createProject } from '#server/usecases/create-project.ts';
import { getDeployment } from '#server/usecases/read-deployment.ts';
import { requestRelease } from '#server/usecases/request-release.ts';
import { Stop } from '#cli/bootstrap/screen.mjs';
import { waitUntil } from './daemon.ts';
import { statePaths, writePrivate } from './state.ts';

const email = 'demo@example.com';
const slug = 'hello';
const limitMs = 10 * 60_000;

export interface Demo {
  email: string;
  /** Null when the account existed and its password is known to its owner only. */
  password: string | null;
  url: string;
}

const passwordFile = (stateDir: string): string => path.join(statePaths(stateDir).secrets, 'demo-password');

async function findActor(db: Db): Promise<Actor | null> {
  const [row] = await db
    .select({ userId: users.id, orgId: memberships.orgId, role: memberships.role, isOperator: users.isOperator })
    .from(users)
    .innerJoin(memberships, eq(memberships.userId, users.id))
    .where(eq(users.email, email));
  return row ? { ...row, sessionId: 'up' } : null;
}

/** The demo account: made with the setup code when nobody used it yet. @throws Stop when somebody did. */
async function ensureActor(stateDir: string, setupCode: string | null): Promise<Actor> {
  const { services } = await webProcess();
  const known = await findActor(services.db);
  if (known) return known;
  if (!setupCode)
    throw new Stop('--demo makes the first account, and this installation has one. Make a project in it instead.');
  const password = randomBytes(12).toString('base64url');
  writePrivate(passwordFile(stateDir), `${password}\n`);
  const account = { code: setupCode, name: 'Demo', email, password, organization: 'Demo' };
  await completeSetup({ ...services, address: '127.0.0.1' }, account);
  const made = await findActor(services.db);
  if (!made) throw new Stop('The demo account could not be made.');
  return made;
}

/** The sample project's deployment, made once. */
async function ensureDeployment(ctx: UseCaseContext): Promise<{ projectId: string; deploymentId: string }> {
  const [found] = await ctx.db
    .select({ projectId: projects.id, deploymentId: deployments.id })
    .from(projects)
    .innerJoin(deployments, eq(deployments.projectId, projects.id))
    .where(and(eq(projects.orgId, ctx.actor.orgId), eq(projects.slug, slug), isNull(projects.deletedAt)));
  return (
    found ??
    createProject(ctx, {
      name: 'Hello',
      slug,
      source: { kind: 'template', template: 'node-web', parameters: {} },
      deployment: { name: 'Production', stage: { name: 'production', kind: 'built' } },
    })
  );
}

/** Deploys unless a release is live already; waits for the end. @throws Stop with the reason when it is not live. */
async function ensureLive(ctx: UseCaseContext, deploymentId: string): Promise<void> {
  const latest = async (): Promise<typeof releases.$inferSelect | undefined> => {
    const mine = and(eq(releases.deploymentId, deploymentId), eq(releases.orgId, ctx.actor.orgId));
    return (await ctx.db.select().from(releases).where(mine).orderBy(desc(releases.number)).limit(1))[0];
  };
  if ((await latest())?.outcome === 'live') return;
  await requestRelease(ctx, { deploymentId, kind: 'deploy' });
  const isOver = async (): Promise<boolean> => ((await latest())?.outcome ?? null) !== null;
  await waitUntil(isOver, { timeoutMs: limitMs, failure: () => 'The sample project was not live after 10 minutes.' });
  const release = await latest();
  if (release?.outcome !== 'live')
    throw new Stop(`The sample project is not live: ${release?.failure?.message ?? 'aborted'}`);
}

/** Safe to repeat: it makes only what is not there. @throws Stop */
export async function ensureDemo(stateDir: string, setupCode: string | null): Promise<Demo> {
  const { services } = await webProcess();
  const ctx: UseCaseContext = { ...services, actor: await ensureActor(stateDir, setupCode) };
  const { projectId, deploymentId } = await ensureDeployment(ctx);
  await ensureLive(ctx, deploymentId);
  const { url } = await getDeployment(ctx, { project: projectId, deployment: deploymentId });
  const password = existsSync(passwordFile(stateDir)) ? readFileSync(passwordFile(stateDir), 'utf8').trim() : null;
  return { email, password, url };
}
