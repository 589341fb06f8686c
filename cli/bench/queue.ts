/**
 * From "slot free and first in order" to `fetching`, with 1,000 queued of 50 organizations: two workers' runners over a
 * PostgreSQL of our own that writes to disk. Each sample is one slot: from the commit that frees it until the event of
 * the release that took it is heard.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import postgres from 'postgres';
import * as z from 'zod';
import { openDatabase } from '#server/db/client.ts';
import { migrateDatabase } from '#server/db/migrate.ts';
import { databaseNow } from '#server/db/now.ts';
import { claimSlots } from '#server/db/system/queue.ts';
import { QueueBench } from '#server/db/system/testing-queue.ts';
import { jobPayloads } from '#server/jobs.ts';
import { createLogger } from '#server/log.ts';
import { freePort } from '#tools/free-port.ts';
import { startRunners, type Runners } from '#worker/runners.ts';
import { ensurePostgres, removePostgres, stopPostgres } from '../platform/postgres.ts';
import { ensureSecret, prepareStateFolder } from '../platform/state.ts';
import type { Figure } from './figure.ts';

const organizations = 50;
const slots = 4;
const noticeSchema = z.object({ release: z.string().nullable(), kind: z.string() });

/** A worker as far as the queue goes: what it claims is left for the bench to end. */
function startWorker(databaseUrl: string): Promise<{ runners: Runners; close(): Promise<void> }> {
  const database = openDatabase(databaseUrl, { name: 'bench worker', max: 4 });
  const nothing = (): Promise<void> => Promise.resolve();
  const claim = async (payload: unknown): Promise<void> => {
    const { regionId } = jobPayloads['claim-slots'].parse(payload);
    await claimSlots(database.db, databaseNow, regionId, 60_000);
  };
  return startRunners({
    databaseUrl,
    log: createLogger({}, () => undefined),
    long: { tasks: { 'advance-build': nothing }, concurrency: 4 },
    short: { tasks: { 'advance-release': nothing, 'claim-slots': claim }, concurrency: 4 },
  }).then((runners) => ({
    runners,
    close: async () => {
      await runners.stop();
      await database.close();
    },
  }));
}

async function measure(url: string, count: number): Promise<number[]> {
  await migrateDatabase(url, 'drizzle');
  const database = openDatabase(url, { name: 'bench', max: 4 });
  const listener = postgres(url, { max: 1, onnotice: () => undefined });
  const workers = [await startWorker(url), await startWorker(url)];
  const begun: string[] = [];
  const arrivals: { id: string; at: number }[] = [];
  let heard = Promise.withResolvers<null>();
  await listener.listen('slipway_events', (payload) => {
    const { release, kind } = noticeSchema.parse(JSON.parse(payload));
    if (kind !== 'release.fetching' || release === null) return;
    begun.push(release);
    arrivals.push({ id: release, at: performance.now() });
    heard.resolve(null);
  });
  const next = async (): Promise<{ id: string; at: number }> => {
    for (;;) {
      const arrival = arrivals.shift();
      if (arrival) return arrival;
      await heard.promise;
      heard = Promise.withResolvers<null>();
    }
  };
  try {
    const bench = new QueueBench(database.db);
    await bench.region({ buildSlots: slots, rolloutSlots: slots });
    await bench.crowd(organizations, count);
    await bench.claim();
    const working: string[] = [];
    for (let n = 0; n < Math.min(slots, count); n += 1) working.push((await next()).id);
    const samples: number[] = [];
    for (let waiting = count - slots; working.length > 0; waiting -= 1) {
      await bench.apply(working.shift() ?? '', 'fail');
      const freed = performance.now();
      if (waiting <= 0) continue;
      const { id, at } = await next();
      working.push(id);
      samples.push(Math.max(0, at - freed));
    }
    const lost = count - new Set(begun).size;
    if (lost !== 0 || begun.length !== count) throw new Error(`${lost} were lost, ${begun.length - count + lost} began twice`); // prettier-ignore
    return samples;
  } finally {
    for (const worker of workers) await worker.close();
    await listener.end();
    await database.close();
  }
}

/** @throws Error when a release was lost or began twice. */
export async function benchQueue(count = 1000): Promise<Figure> {
  const stateDir = path.join(mkdtempSync(path.join(tmpdir(), 'slipway-queue-')), 'state');
  prepareStateFolder(stateDir);
  const password = ensureSecret(stateDir, 'postgres');
  const url = `postgres://slipway:${password}@127.0.0.1:${await freePort()}/slipway`;
  try {
    await ensurePostgres(stateDir, url, password);
    const samples = await measure(url, count);
    return {
      name: 'slot free to fetching, 1,000 queued',
      unit: 'ms',
      samples: samples.map((sample) => Math.round(sample)),
      judged: 'p95',
      note: `${String(organizations)} organizations, two workers, none lost or doubled`,
    };
  } finally {
    await stopPostgres(stateDir);
    removePostgres(stateDir);
    rmSync(path.dirname(stateDir), { recursive: true, force: true });
  }
}
