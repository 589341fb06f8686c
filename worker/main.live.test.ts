/** The real worker process against a real database and a git repository, with a machine of fakes behind the agent's socket. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createFakeRegion, type FakeRegion } from '#server/agent/fake-region.ts';
import { openFences } from '#server/agent/fences.ts';
import { type AgentServer, serveAgent } from '#server/agent/server.ts';
import { releases } from '#server/db/schema/releases.ts';
import { createTestDatabase, type TestDatabase } from '#server/db/testing.ts';
import { makeDeployment, type MadeDeployment } from '#server/db/testing-makers.ts';
import { createLogger } from '#server/log.ts';
import { GitSource } from '#server/source/git.ts';
import { PlatformRepositories } from '#server/source/repository-host.ts';
import { scaledTimes } from '#server/config.ts';
import { requestRelease } from '#server/usecases/request-release.ts';
import { testContext } from '#server/usecases/testing.ts';

const scale = 0.1;
let database: TestDatabase;
let stateDir: string;
let region: FakeRegion;
let agent: AgentServer;
let made: MadeDeployment;
const children: ChildProcess[] = [];

beforeAll(async () => {
  database = await createTestDatabase(inject('pgAdminUrl'));
  stateDir = await mkdtemp(path.join(tmpdir(), 'slipway-worker-'));
  await mkdir(path.join(stateDir, 'secrets'));
  await writeFile(path.join(stateDir, 'secrets', 'master'), Buffer.alloc(32, 1).toString('base64url'));
  await writeFile(path.join(stateDir, 'installation'), JSON.stringify({ id: 'inst_1', tag: 'test' }));
  region = createFakeRegion();
  agent = await serveAgent(
    {
      region: region.region,
      fences: await openFences(path.join(stateDir, 'fences.json')),
      log: createLogger({}, () => undefined),
    },
    path.join(stateDir, 'run', 'agent.sock'),
  );
  made = await makeDeployment(database.db);
  const files = new Map([['index.html', Buffer.from('<h1>one</h1>')]]);
  const host = new PlatformRepositories({ stateDir });
  await host.create(made.repositoryId, files, 'First', { name: 'Anna', email: 'anna@example.test' });
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await agent.close();
  await database.close();
  await rm(stateDir, { recursive: true, force: true });
});

/** Starts a worker and waits until it can work. */
async function startWorker(environment: Record<string, string> = {}): Promise<ChildProcess> {
  const child: ChildProcess = spawn(process.execPath, [path.resolve('worker/main.ts')], {
    env: {
      PATH: process.env['PATH'] ?? '', NODE_ENV: 'test', SLIPWAY_STATE: stateDir, DATABASE_URL: database.url, SLIPWAY_PUBLIC_URL: 'http://slipway.localhost',
      SLIPWAY_APPS_DOMAIN: 'apps.localhost', SLIPWAY_TIME_SCALE: String(scale), ...environment,
    }, stdio: ['ignore', 'pipe', 'inherit'],
  }); // prettier-ignore
  children.push(child);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.once('exit', (code) => reject(new Error(`The worker ended with ${String(code)}`)));
  if (!child.stdout) throw new Error('No output');
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (process.env['SHOW_WORKER']) console.log(line);
    if (line.includes('"message":"ready"')) resolve();
  });
  await promise;
  return child;
}

async function request(): Promise<string> {
  const source = new GitSource({ stateDir, privateGitHosts: new Set(), times: scaledTimes(1) });
  const ctx = testContext(database.db, made, source);
  return (await requestRelease(ctx, { deploymentId: made.deploymentId, kind: 'deploy', draftRevision: 1 })).releaseId;
}
const outcomeOf = async (id: string): Promise<string | null> =>
  (await database.db.select({ outcome: releases.outcome }).from(releases).where(eq(releases.id, id)))[0]?.outcome ??
  null;
const whenOver = (id: string): Promise<void> => expect.poll(() => outcomeOf(id), { timeout: 30_000 }).not.toBeNull();

test('the worker takes a requested release to live and hands back what it holds when it is stopped', async () => {
  const worker = await startWorker();
  const id = await request();
  await whenOver(id);
  expect(await outcomeOf(id)).toBe('live');
  worker.kill('SIGTERM');
  expect(await once(worker, 'exit')).toEqual([0, null]);
});

test('a worker killed while it switches is followed by one that brings the release live', async () => {
  const fault = { SLIPWAY_FAULT: 'switching.before_ack=kill' };
  const first = await startWorker(fault);
  const id = await request();
  expect(await once(first, 'exit')).toEqual([null, 'SIGKILL']);
  await startWorker(fault);
  await whenOver(id);
  expect(await outcomeOf(id)).toBe('live');
  expect(region.runtime.runningIds()).toHaveLength(1);
});
