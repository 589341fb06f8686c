/**
 * A lived-in organization for looking at pages: made through the API where the API makes it; what engines and edges would
 * write (states, instances, log lines) is written with the same functions they use. The engine need not run.
 */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { and, eq } from 'drizzle-orm';
import { brokenLines, builtLines, liveLines, liveWay, play, report, type World } from '#e2e/seed-releases.ts';
import { createCaller, type RouterInputs } from '#server/api/root.ts';
import { webProcess } from '#server/api/services.ts';
import { hashSetupCode } from '#server/auth/setup-code.ts';
import type { Db } from '#server/db/client.ts';
import { instances } from '#server/db/schema/instances.ts';
import { branchTips, platformFacts, regions } from '#server/db/schema/platform.ts';
import { users } from '#server/db/schema/organizations.ts';
import { newId } from '#server/ids.ts';

export const seedOwner = { name: 'Anna Berg', email: 'anna@example.net', password: 'correct horse battery' };
export const seedCode = 'k7m2q-w9xhd-4t8rn-p3v6c';

/** Opens the first run: the page asks for `seedCode`. */
export async function openFirstRun(db: Db): Promise<void> {
  await db.insert(platformFacts).values({ key: 'setup', value: { codeHash: hashSetupCode(seedCode), closedAt: null } });
  await db
    .insert(regions)
    .values({ id: newId('region'), slug: 'local', name: 'This machine', appsDomain: 'apps.localhost', appsPort: 8080 });
}

/** The first account and an empty organization. */
export async function seedAccount(): Promise<World> {
  const { services } = await webProcess();
  const anybody = createCaller({ services, person: null, address: '192.0.2.7', userAgent: 'seed' });
  const { org } = await anybody.setup.complete({ code: seedCode, ...seedOwner, organization: 'Northwind' });
  const [owner] = await services.db.select({ id: users.id }).from(users).where(eq(users.email, seedOwner.email));
  if (!owner) throw new Error('setup made no account');
  const api = createCaller({
    services,
    person: { userId: owner.id, sessionId: newId('session'), isOperator: true },
    address: '192.0.2.7',
    userAgent: 'seed',
  });
  const { organizations } = await api.account.me();
  return { api, db: services.db, logs: services.logs, org, orgId: organizations[0]?.id ?? '' };
}

/** Three projects: one with an issue, one that is fine, one that never went live. */
export async function seedProjects(world: World): Promise<void> {
  const { api, org } = world;
  const template = (slug: string, name: string, stage = 'production'): RouterInputs['projects']['create'] => ({
    org,
    name,
    source: { kind: 'template', template: slug, parameters: {} },
    deployment: { name: stage, stage: { name: stage, kind: 'built' } },
  });
  await seedShop(world, template('web-and-worker', 'shop'));
  const docs = await api.projects.create(template('static-site', 'docs'));
  await play(world, docs.deploymentId, {
    ago: 3 * 1440,
    message: 'Write the guide for operators',
    commit: 'b52f0c7e91d4a3358f6e20c91a7d40e2c8817f55',
    way: liveWay,
    report,
    log: liveLines,
  });
  const api2 = await api.projects.create(template('python-web', 'search'));
  await play(world, api2.deploymentId, {
    ago: 22, message: 'Start from Python web', commit: '0d9a1be27c6f4c5f8e1a3b7c9d2e4f6081a2b3c4',
    way: [['claimed', 1], ['fetched', 1.1], ['built', 26], ['stored', 2.2], ['started', 1.8], ['fail', 3.4]],
    failure: { phase: 'checking', code: 'wrong_port', message: 'web did not listen on 3000; it listens on 8080', advice: 'Use 8080 as the port, or let the application listen on the PORT that it is given.', lastLines: ['Serving on 8080'], fix: { path: 'run.port', label: 'Use 8080', value: 8080 } },
    log: (write) => {
      builtLines(write);
      write(34, 'console', ' * Serving Flask app \'search\'');
      write(34.2, 'console', ' * Running on http://0.0.0.0:8080');
      write(35.4, 'platform', 'web did not listen on 3000; it listens on 8080', 'error');
    },
  }); // prettier-ignore
}

/** Real commits on `main` of the platform's own repository, the oldest first; their ids. */
function addCommits(repositoryId: string, messages: readonly string[]): string[] {
  const repository = path.join(process.env['SLIPWAY_STATE'] ?? '', 'repositories', `${repositoryId}.git`);
  const git = (...args: string[]): string =>
    execFileSync('git', [`--git-dir=${repository}`, '-c', 'user.name=Anna Berg', '-c', 'user.email=anna@example.net', ...args], { encoding: 'utf8' }).trim(); // prettier-ignore
  const tree = git('rev-parse', 'main^{tree}');
  return messages.map((message) => {
    const commit = git('commit-tree', tree, '-p', git('rev-parse', 'main'), '-m', message);
    git('update-ref', 'refs/heads/main', commit);
    return commit;
  });
}

/** One that is live, one that was, and one that is not built yet. */
async function seedTags({ api, org }: World, deploymentId: string): Promise<void> {
  const { items } = await api.releases.list({ org, deploymentId, limit: 20 });
  const idOf = (number: number): string => items.find((row) => row.number === number)?.id ?? '';
  const tag = (name: string, notes: string, releaseId: string) =>
    api.tags.create({ org, name, notes, from: { kind: 'release', releaseId } });
  await tag('v1.7.0', '', idOf(3));
  await tag('v1.8.0', 'Totals are rounded per line, as the tax office wants it.', idOf(5));
  await api.tags.create({ org, name: 'v1.9.0-rc.1', notes: 'Gift cards, to be tried on staging first.', from: { kind: 'draft', deploymentId } }); // prettier-ignore
}

async function seedShop(world: World, input: RouterInputs['projects']['create']): Promise<void> {
  const { api, db, org } = world;
  const shop = await api.projects.create(input);
  const ids = { org, projectId: shop.projectId };
  const { deploymentId } = shop;
  const draft = await api.drafts.get({ org, deploymentId });
  const web = draft.components.find((component) => component.kind === 'web')?.componentId ?? '';
  const withInstances = (count: number, memoryMib: number) => ({
    components: draft.document.components.map((entry) =>
      entry.componentId === web ? { componentId: web, overrides: { instances: count, size: { memoryMib } } } : entry,
    ),
  });
  await api.drafts.save({ org, deploymentId, revision: draft.revision, document: withInstances(2, 512) });
  await api.variables.set({ ...ids, scope: 'deployment', deploymentId, entries: [
    { key: 'DATABASE_URL', value: 'postgres://shop:s3cr3t-value@db.internal/shop', isSecret: true, use: 'run' },
    { key: 'PAYMENT_TOKEN', value: 'pk_live_51Hx0c92fa7', isSecret: true, use: 'run' },
    { key: 'PUBLIC_NAME', value: 'Northwind Shop', isSecret: false, use: 'both' },
  ] }); // prettier-ignore
  await api.variables.set({
    ...ids,
    scope: 'project',
    entries: [{ key: 'LOG_LEVEL', value: 'info', isSecret: false, use: 'run' }],
  });
  const commits = [
    'Show prices with tax',
    'Send the receipt by e-mail',
    'Cache the cart',
    'Sort products by stock',
    'Fix rounding of totals',
  ];
  const before = await api.projects.get({ org, project: shop.projectId });
  const repositoryId = before.repositories[0]?.id ?? '';
  const history = addCommits(repositoryId, [...commits, 'Ask for the birthday in gift cards', 'Add gift cards']);
  const hash = (index: number): string => history[index] ?? '';
  for (const [index, message] of commits.entries())
    await play(world, deploymentId, {
      ago: (commits.length - index) * 1500 - 1300,
      message,
      commit: hash(index),
      way: liveWay,
      report,
      log: liveLines,
    });
  await play(world, deploymentId, {
    ago: 41, message: 'Add gift cards', commit: hash(6), way: [['claimed', 1], ['fetched', 1.2], ['fail', 27.6]], log: brokenLines,
    failure: { phase: 'building', code: 'build_failed', message: 'The build of web failed: npm run build exited with 2', advice: 'Mend the error below, or change the build command.', lastLines: [], fix: { path: 'build.buildCommand', label: 'Open the build command', value: null } },
  }); // prettier-ignore
  await db.update(instances).set({ restarts: 4, observed: { phase: 'running', startedAt: new Date(Date.now() - 20_000).toISOString(), finishedAt: null, exitCode: 1, outOfMemory: false, restarts: 4 } }).where(and(eq(instances.deploymentId, deploymentId), eq(instances.ordinal, 2), eq(instances.state, 'live'))); // prettier-ignore
  await db.insert(branchTips).values({ orgId: world.orgId, repositoryId, ref: 'main', commit: hash(6), message: 'Add gift cards', history: [hash(6), hash(5), hash(4)] }).onConflictDoNothing(); // prettier-ignore
  const saved = await api.drafts.get({ org, deploymentId });
  await api.drafts.save({ org, deploymentId, revision: saved.revision, document: withInstances(3, 768) });
  await api.variables.set({
    ...ids,
    scope: 'deployment',
    deploymentId,
    entries: [{ key: 'GIFT_CARDS', value: 'on', isSecret: false, use: 'run' }],
  });
  const staging = await api.deployments.create({
    ...ids,
    name: 'staging',
    stage: { name: 'staging', kind: 'built' },
    copyFrom: deploymentId,
  });
  await play(world, staging.id, {
    ago: 90,
    message: 'Fix rounding of totals',
    commit: hash(4),
    way: liveWay,
    report,
    log: liveLines,
  });
  await play(world, staging.id, {
    ago: 0.4,
    message: 'Add gift cards',
    commit: hash(6),
    way: [
      ['claimed', 1],
      ['fetched', 1.2],
    ],
    log: builtLines,
  });
  await seedTags(world, deploymentId);
  await api.members.invite({ org, email: 'tom@example.net', role: 'developer' });
  await api.credentials.create({
    org,
    name: 'Northwind on GitHub',
    username: 'northwind-bot',
    token: 'ghp_0123456789abcdef7f3a',
  });
}
