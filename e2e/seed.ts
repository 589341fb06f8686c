/**
 * A lived-in organization for looking at pages: made through the API where the API makes it; what engines and edges would
 * write (states, instances, log lines) is written with the same functions they use. The engine need not run.
 */
import { and, eq, sql } from 'drizzle-orm';
import { createCaller, type RouterInputs } from '#server/api/root.ts';
import { webProcess } from '#server/api/services.ts';
import { hashSetupCode } from '#server/auth/setup-code.ts';
import type { Db } from '#server/db/client.ts';
import { applyEvent, type Transition } from '#server/db/releases.ts';
import { instances } from '#server/db/schema/instances.ts';
import { branchTips, platformFacts, regions } from '#server/db/schema/platform.ts';
import { deployments } from '#server/db/schema/projects.ts';
import { releaseComponents, releases } from '#server/db/schema/releases.ts';
import { users } from '#server/db/schema/organizations.ts';
import type { Failure, ReleaseReport } from '#server/domain/release.ts';
import type { ReleaseEvent } from '#server/domain/release-machine.ts';
import { newId } from '#server/ids.ts';
import type { LogStore } from '#server/logs/types.ts';

export const seedOwner = { name: 'Anna Berg', email: 'anna@example.net', password: 'correct horse battery' };
export const seedCode = 'k7m2q-w9xhd-4t8rn-p3v6c';

const minute = 60_000;
type Caller = ReturnType<typeof createCaller>;
interface World {
  api: Caller;
  db: Db;
  logs: LogStore;
  org: string;
  orgId: string;
}

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

interface Play {
  /** Minutes before now at which it was requested. */
  ago: number;
  message: string;
  commit: string;
  /** How far it goes: each with the seconds that the state before it took. */
  way: readonly [event: ReleaseEvent, seconds: number, note?: string][];
  failure?: Omit<Failure, 'componentId' | 'fix'> & { fix?: { path: string; label: string; value: unknown } };
  report?: ReleaseReport;
  log?: (
    write: (
      second: number,
      kind: 'platform' | 'build' | 'console',
      text: string,
      level?: 'info' | 'warn' | 'error',
    ) => void,
  ) => void;
}
const liveWay: Play['way'] = [
  ['claimed', 1], ['fetched', 1.2, 'Fetched main'], ['built', 38, 'Built 2 images'], ['stored', 2.4], ['started', 1.9, 'Started 3 instances'], ['checked', 3.1, 'All ready'], ['hooked', 0.2, 'No hooks'], ['switched', 0.6, 'Traffic switched in 84 ms'],
]; // prettier-ignore

/** Requests a release through the API and moves it along its states as the engine would, in the past. */
async function play(world: World, deploymentId: string, how: Play): Promise<string> {
  const { db, orgId } = world;
  const { releaseId } = await world.api.releases.request({ org: world.org, deploymentId, kind: 'deploy' });
  const start = new Date(Date.now() - how.ago * minute);
  await db.execute(sql`update releases set created_at = ${start.toISOString()}::timestamptz, state_since = ${start.toISOString()}::timestamptz,
    snapshot = jsonb_set(snapshot, '{components}', (select jsonb_agg(jsonb_set(c, '{source}', (c -> 'source') || ${JSON.stringify({ commit: how.commit, message: how.message, author: 'Anna Berg' })}::jsonb)) from jsonb_array_elements(snapshot -> 'components') c))
    where id = ${releaseId}`);
  await db.execute(
    sql`update release_steps set started_at = ${start.toISOString()}::timestamptz where release_id = ${releaseId}`,
  );
  await db.execute(
    sql`update deployment_events set created_at = ${start.toISOString()}::timestamptz where release_id = ${releaseId}`,
  );
  await writeLog(world, deploymentId, releaseId, start, how);
  let at = start.getTime();
  for (const [event, seconds, note] of how.way) {
    at += seconds * 1000;
    await move(world, releaseId, event, new Date(at), how, note);
  }
  return releaseId;
}

async function move(
  world: World,
  releaseId: string,
  event: ReleaseEvent,
  at: Date,
  how: Play,
  note?: string,
): Promise<void> {
  const { db } = world;
  const [release] = await db.select().from(releases).where(eq(releases.id, releaseId));
  if (!release) throw new Error('no such release');
  const componentId = release.snapshot.components[0]?.componentId ?? '';
  const patch: Transition['patch'] = {};
  if (event === 'fail' && how.failure) {
    const { fix, ...failure } = how.failure;
    patch.failure = {
      ...failure,
      componentId,
      ...(fix
        ? { fix: { kind: 'setting', componentId, path: fix.path, suggestion: { label: fix.label, value: fix.value } } }
        : {}),
    };
  }
  if (event === 'switched' && how.report) patch.report = how.report;
  const now = () => sql`${at.toISOString()}::timestamptz`;
  await db.transaction((tx) => applyEvent(tx, now, { release, event, patch, ...(note === undefined ? {} : { note }) }));
  await db.execute(
    sql`update deployment_events set created_at = ${at.toISOString()}::timestamptz where release_id = ${releaseId} and seq = (select max(seq) from deployment_events where release_id = ${releaseId})`,
  );
  if (event === 'switched') await goLive(world, release, at);
}

async function goLive(world: World, release: typeof releases.$inferSelect, at: Date): Promise<void> {
  const { db, orgId } = world;
  const [deployment] = await db.select().from(deployments).where(eq(deployments.id, release.deploymentId));
  await db.update(deployments).set({ liveReleaseId: release.id }).where(eq(deployments.id, release.deploymentId));
  await db
    .update(instances)
    .set({ state: 'removed', removedAt: at, addressFreeAt: at })
    .where(and(eq(instances.deploymentId, release.deploymentId), eq(instances.state, 'live')));
  let offset = Math.floor(Math.random() * 50) + 2;
  for (const component of release.snapshot.components) {
    await db
      .insert(releaseComponents)
      .values({
        releaseId: release.id,
        orgId,
        componentId: component.componentId,
        buildOutcome: 'built',
        port: component.settings.run.port,
      })
      .onConflictDoNothing();
    for (let ordinal = 1; ordinal <= component.settings.instances; ordinal += 1) {
      offset += 1;
      await db.insert(instances).values({
        id: newId('instance'), orgId, deploymentId: release.deploymentId, componentId: component.componentId, startedBy: release.id, ordinal,
        specHash: release.id, state: 'live', address: `10.213.0.${String(offset % 250)}.${release.id.slice(-6)}`, cpuMillis: component.settings.size.cpuMillis,
        memoryMib: component.settings.size.memoryMib, readyAt: at, observedAt: new Date(Date.now() + 3_600_000), // stays fresh while pages are looked at
        observed: { phase: 'running', startedAt: at.toISOString(), finishedAt: null, exitCode: null, outOfMemory: false, restarts: 0 },
      }); // prettier-ignore
    }
  }
  const previous = deployment?.liveReleaseId;
  if (!previous) return;
  for (const event of ['replaced', 'drained'] as const)
    await move(world, previous, event, at, { ago: 0, message: '', commit: '', way: [] });
}

async function writeLog(world: World, deploymentId: string, releaseId: string, start: Date, how: Play): Promise<void> {
  const stream = { orgId: world.orgId, deploymentId, releaseId, componentId: null, instanceId: null };
  const writers = new Map<string, Awaited<ReturnType<LogStore['open']>>>();
  const pending: {
    second: number;
    kind: 'platform' | 'build' | 'console';
    text: string;
    level: 'info' | 'warn' | 'error';
  }[] = [];
  how.log?.((second, kind, text, level = 'info') => pending.push({ second, kind, text, level }));
  for (const line of pending) {
    const writer = writers.get(line.kind) ?? (await world.logs.open({ ...stream, kind: line.kind }));
    writers.set(line.kind, writer);
    writer.write({
      at: new Date(start.getTime() + line.second * 1000).toISOString(),
      level: line.level,
      text: line.text,
    });
  }
  for (const writer of writers.values()) await writer.close();
}

const buildLines = (write: Parameters<NonNullable<Play['log']>>[0], isBroken = false): void => {
  write(0.1, 'platform', 'Requested by Anna Berg');
  write(1.2, 'platform', 'Fetching main from the platform’s repository');
  write(2.1, 'platform', 'Fetched 14 files, 82 KiB');
  write(2.4, 'build', '[1/5] FROM node:24-bookworm-slim');
  write(3, 'build', '[2/5] COPY package.json package-lock.json ./');
  write(3.4, 'build', '[3/5] RUN npm ci');
  for (let index = 0; index < 18; index += 1)
    write(
      4 + index,
      'build',
      `\u001b[2mnpm\u001b[0m fetch GET 200 package ${String(index + 1)} of 18 in ${String(20 + index * 7)} ms`,
    );
  write(24, 'build', 'added 68 packages in 21s');
  write(25, 'build', '[4/5] COPY . .');
  write(26, 'build', '[5/5] RUN npm run build');
  write(27, 'build', '> shop@1.8.0 build');
  write(27.2, 'build', '> node build.js');
  if (isBroken) {
    write(
      29,
      'build',
      '\u001b[31mCheckoutTotal.ts:41:18 - error TS2345: Argument of type \u001b[1m"string"\u001b[22m is not assignable to parameter of type "number".\u001b[0m',
      'error',
    );
    write(29.1, 'build', '41   return cart.add(total.toFixed(2));');
    write(29.2, 'build', '                     ~~~~~~~~~~~~~~~~');
    write(29.4, 'build', 'npm error Lifecycle script `build` failed with error: code 2', 'error');
    return;
  }
  write(33, 'build', '\u001b[32m✓\u001b[0m built in 5.8 s');
  write(39, 'build', 'exporting image, 142 MiB');
  write(41, 'platform', 'Stored sha256:9b1c…f20e');
  write(43, 'platform', 'Starting web-1, web-2, worker-1');
  write(44, 'console', 'listening on 3000');
  write(46, 'platform', 'All 3 instances are ready');
  write(47, 'platform', 'Switched: 2 routes, generation 42');
};

const report: ReleaseReport = {
  servedRequests: 1204,
  failedRequests: 0,
  drainedConnections: 31,
  cutConnections: 0,
  switchMs: 84,
};

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
    log: buildLines,
  });
  const api2 = await api.projects.create(template('python-web', 'search'));
  await play(world, api2.deploymentId, {
    ago: 22, message: 'Start from Python web', commit: '0d9a1be27c6f4c5f8e1a3b7c9d2e4f6081a2b3c4',
    way: [['claimed', 1], ['fetched', 1.1], ['built', 26], ['stored', 2.2], ['started', 1.8], ['fail', 3.4]],
    failure: { phase: 'checking', code: 'wrong_port', message: 'web did not listen on 3000; it listens on 8080', advice: 'Use 8080 as the port, or let the application listen on the PORT that it is given.', lastLines: ['Serving on 8080'], fix: { path: 'run.port', label: 'Use 8080', value: 8080 } },
    log: (write) => {
      buildLines(write);
      write(34, 'console', ' * Serving Flask app \'search\'');
      write(34.2, 'console', ' * Running on http://0.0.0.0:8080');
      write(35.4, 'platform', 'web did not listen on 3000; it listens on 8080', 'error');
    },
  }); // prettier-ignore
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
  const hash = (index: number): string =>
    `${'4f2c91e7'}${String(index).repeat(2)}8ab3c5d7e9f1a2b4c6d8e0f2a4`.padEnd(40, '7');
  for (const [index, message] of commits.entries())
    await play(world, deploymentId, {
      ago: (commits.length - index) * 1500 - 1300,
      message,
      commit: hash(index),
      way: liveWay,
      report,
      log: buildLines,
    });
  await play(world, deploymentId, {
    ago: 41, message: 'Add gift cards', commit: 'c81d4e2e3a5b49f6a7d0e1f2a3b4c5d6e7f80912', way: [['claimed', 1], ['fetched', 1.2], ['fail', 27.6]], log: (write) => buildLines(write, true),
    failure: { phase: 'building', code: 'build_failed', message: 'The build of web failed: npm run build exited with 2', advice: 'Mend the error below, or change the build command.', lastLines: [], fix: { path: 'build.buildCommand', label: 'Open the build command', value: null } },
  }); // prettier-ignore
  await db.update(instances).set({ restarts: 4, observed: { phase: 'running', startedAt: new Date(Date.now() - 20_000).toISOString(), finishedAt: null, exitCode: 1, outOfMemory: false, restarts: 4 } }).where(and(eq(instances.deploymentId, deploymentId), eq(instances.ordinal, 2), eq(instances.state, 'live'))); // prettier-ignore
  const project = await api.projects.get({ org, project: shop.projectId });
  await db.insert(branchTips).values({ orgId: world.orgId, repositoryId: project.repositories[0]?.id ?? '', ref: 'main', commit: 'c81d4e2e3a5b49f6a7d0e1f2a3b4c5d6e7f80912', message: 'Add gift cards', history: ['c81d4e2e3a5b49f6a7d0e1f2a3b4c5d6e7f80912', 'e07b1c55d2f94a86b3c1d0e9f8a7b6c5d4e3f2a1', hash(4)] }).onConflictDoNothing(); // prettier-ignore
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
    log: buildLines,
  });
  await play(world, staging.id, {
    ago: 0.4,
    message: 'Add gift cards',
    commit: 'c81d4e2e3a5b49f6a7d0e1f2a3b4c5d6e7f80912',
    way: [
      ['claimed', 1],
      ['fetched', 1.2],
    ],
    log: (write) => buildLines(write, false),
  });
  await api.members.invite({ org, email: 'tom@example.net', role: 'developer' });
  await api.credentials.create({
    org,
    name: 'Northwind on GitHub',
    username: 'northwind-bot',
    token: 'ghp_0123456789abcdef7f3a',
  });
}
