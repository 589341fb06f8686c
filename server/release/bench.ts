/** A whole engine on fakes with a real PostgreSQL, for tests: time moves by itself, fast, and workers come and go. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'drizzle-orm';
import { createFakeRegion, type FakeRegion } from '#server/agent/fake-region.ts';
import type { FakeBuildEngine } from '#server/build/fake.ts';
import type { Clock } from '#server/clock.ts';
import { scaledTimes } from '#server/config.ts';
import { makeDeployment, type MadeDeployment } from '#server/db/testing-makers.ts';
import type { TestDatabase } from '#server/db/testing.ts';
import { claimSlots } from '#server/db/system/queue.ts';
import type { ReleaseRow } from '#server/db/releases.ts';
import { deployments } from '#server/db/schema/projects.ts';
import { releases } from '#server/db/schema/releases.ts';
import type { FakeEdge } from '#server/edge/fake.ts';
import { createLogger } from '#server/log.ts';
import { createFakeLogStore, type FakeLogStore } from '#server/logs/fake.ts';
import { advanceRelease, type AdvanceResult } from '#server/release/advance.ts';
import { createRecorder, type Recorder } from '#server/release/bench-recorder.ts';
import { createConsoles } from '#server/release/consoles.ts';
import type { Engine } from '#server/release/engine.ts';
import { noFault } from '#server/release/fault.ts';
import { installHistory } from '#server/release/history-table.ts';
import { FakeSource } from '#server/source/fake.ts';
import type { ReleaseContext } from '#server/usecases/plan-snapshot.ts';
import { testContext, testKey } from '#server/usecases/testing.ts';

/**
 * Time of a test. A wait inside a step takes one real millisecond and moves time by what was asked for; waits beside a
 * step, and everything the fakes do, end when time has come to them. Time also creeps by itself, so that nothing hangs.
 */
export class TestTime {
  #elapsed = 0;
  readonly #waiters = new Set<{ at: number; wake: () => void }>();
  readonly #creep = setInterval(() => this.advance(200), 5);

  readonly steps: Clock = {
    now: () => this.#now(),
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      this.advance(ms);
      await new Promise((resolve) => setTimeout(resolve, 1));
      signal?.throwIfAborted();
    },
  };
  readonly background: Clock = {
    now: () => this.#now(),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason as Error);
        const waiter = { at: this.#elapsed + ms, wake: (): void => end(resolve) };
        const onAbort = (): void => end(() => reject(signal?.reason as Error));
        const end = (settle: () => void): void => {
          this.#waiters.delete(waiter);
          signal?.removeEventListener('abort', onAbort);
          settle();
        };
        this.#waiters.add(waiter);
        signal?.addEventListener('abort', onAbort);
      }),
  };
  readonly sql = () => sql`(now() + ${String(this.#elapsed)}::bigint * interval '1 millisecond')`;

  advance(ms: number): void {
    this.#elapsed += Math.round(ms);
    for (const waiter of this.#waiters) if (waiter.at <= this.#elapsed) waiter.wake();
  }
  stop(): void {
    clearInterval(this.#creep);
  }
  #now(): Date {
    return new Date(Date.now() + this.#elapsed);
  }
}

export interface Bench {
  made: MadeDeployment;
  host: string;
  time: TestTime;
  engine: Engine;
  region: FakeRegion;
  recorder: Recorder;
  edge: FakeEdge;
  builds: FakeBuildEngine;
  source: FakeSource;
  logs: FakeLogStore;
  /** Context of the organization's owner. */
  ctx: ReleaseContext;
  /** Another worker over the same database and machine. */
  worker(owner: string, parts?: Partial<Engine>): Engine;
  claim(): Promise<string[]>;
  advance(releaseId: string, engine?: Engine): Promise<AdvanceResult>;
  release(id: string): Promise<ReleaseRow>;
  /** Claims and advances everything until nothing is due any more. */
  settle(engine?: Engine): Promise<void>;
  close(): Promise<void>;
}

export async function createBench(database: TestDatabase): Promise<Bench> {
  const time = new TestTime();
  const region = createFakeRegion({ clock: time.background });
  const { builds, edge } = region;
  const recorder = createRecorder(region);
  const recorded = recorder.record(region.fenced);
  await installHistory(database.db);
  const source = new FakeSource();
  const logs = createFakeLogStore();
  const made = await makeDeployment(database.db);
  source.commit(made.repositoryId, { 'index.js': 'one' }, { message: 'First' });
  const workDir = await mkdtemp(path.join(tmpdir(), 'slipway-bench-'));
  const log = createLogger({}, () => undefined);
  const worker = (owner: string, parts: Partial<Engine> = {}): Engine => ({
    db: database.db, now: time.sql, clock: time.steps, background: time.background, times: scaledTimes(1), timeScale: 1, owner,
    region: recorded, sources: source, logs, workDir, installationTag: 'test', subnetPool: '10.213.0.0/16', fault: noFault, log,
    plan: () => Promise.resolve({ kind: 'planned', plan: { planner: 'node', found: ['Node 24'], dockerfile: { kind: 'rendered', text: 'FROM scratch' }, context: '', target: '', port: 3000, command: null } }),
    buildSalt: '1', buildMemoryMib: 1024, buildLimits: { cpuMillis: 1000, processes: 100, imageBytes: 1e9 },
    consoles: createConsoles({ sessions: region.region.sessions, logs, clock: time.background, log }),
    keys: { variables: testKey, credentials: testKey, cache: testKey }, watch: () => () => undefined, ...parts,
  }); // prettier-ignore
  const engine = worker('worker-1');
  const [deployment] = await database.db
    .select()
    .from(deployments)
    .where(sql`id = ${made.deploymentId}`);
  const ctx = testContext(database.db, made, source);
  const release = async (id: string): Promise<ReleaseRow> => {
    const [row] = await database.db
      .select()
      .from(releases)
      .where(sql`id = ${id}`);
    if (!row) throw new Error(`No release ${id}`);
    return row;
  };
  const claim = (): Promise<string[]> => claimSlots(database.db, time.sql, made.regionId, engine.times.fetchDeadline);
  const advance = (id: string, by = engine): Promise<AdvanceResult> =>
    advanceRelease(by, id, new AbortController().signal);
  const due = () =>
    database.db
      .select({ id: releases.id })
      .from(releases)
      .where(
        sql`state in ('fetching','building','storing','starting','checking','hook','switching','cancelling','retiring')`,
      );
  return {
    made, time, engine, region, recorder, edge, builds, source, logs, ctx, worker, claim, advance, release,
    host: `${deployment?.handle ?? ''}.apps.localhost`,
    async settle(by = engine) {
      for (;;) {
        const claimed = await claim();
        const rows = await due();
        if (claimed.length === 0 && rows.length === 0) return;
        const results = await Promise.all(rows.map((row) => advance(row.id, by)));
        if (results.every((result) => result === 'idle')) time.advance(1000);
      }
    },
    async close() {
      time.stop();
      await rm(workDir, { recursive: true, force: true });
    },
  }; // prettier-ignore
}
