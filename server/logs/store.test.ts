import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { makeDeployment } from '#server/db/testing-makers.ts';
import { createTestDatabase, type TestDatabase } from '#server/db/testing.ts';
import { createLogger } from '#server/log.ts';
import { createFakeLogStore } from '#server/logs/fake.ts';
import { createLogStore } from '#server/logs/store.ts';
import type { LogStore, NewLogLine } from '#server/logs/types.ts';
import { ChunkingWriter } from '#server/logs/writer.ts';

const line = (text: string): NewLogLine => ({ at: '2026-01-01T00:00:00.000Z', level: 'info', text });
const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `line ${index + 1}`);
let database: TestDatabase;
let stream: {
  orgId: string;
  deploymentId: string;
  releaseId: null;
  componentId: null;
  instanceId: null;
  kind: 'build';
};
const folder = mkdtempSync(path.join(tmpdir(), 'slipway-logs-'));

beforeAll(async () => {
  database = await createTestDatabase(inject('pgAdminUrl'));
  const { orgId, deploymentId } = await makeDeployment(database.db);
  stream = { orgId, deploymentId, releaseId: null, componentId: null, instanceId: null, kind: 'build' };
});
afterAll(async () => {
  await database.close();
  rmSync(folder, { recursive: true });
});

const stores: [string, () => LogStore][] = [
  [
    'disk',
    () =>
      createLogStore(
        database.db,
        path.join(folder, 'contract'),
        createLogger({}, () => undefined),
      ),
  ],
  ['fake', createFakeLogStore],
];
describe.each(stores)('LogStore contract: %s', (_name, create) => {
  test('every line comes back once, in order, from any sequence number, also over a reopened writer', async () => {
    const store = create();
    const first = await store.open(stream);
    for (const text of numbered(3000)) first.write(line(text));
    await first.close();
    const second = await store.open(stream);
    second.write(line('after reopening'));
    await second.close();
    expect(second.streamId).toBe(first.streamId);
    const all = await store.read(stream.orgId, first.streamId, 0, 10_000);
    expect(all.map((entry) => entry.text)).toEqual([...numbered(3000), 'after reopening']);
    expect(all.map((entry) => entry.seq)).toEqual(all.map((_entry, index) => index + 1));
    expect((await store.read(stream.orgId, first.streamId, 1500, 2)).map((entry) => entry.seq)).toEqual([1501, 1502]);
    expect((await store.tail(stream.orgId, first.streamId, 2)).map((entry) => entry.text)).toEqual([
      'line 3000',
      'after reopening',
    ]);
  });

  test('another organization reads nothing', async () => {
    const store = create();
    const writer = await store.open({ ...stream, kind: 'hook' });
    writer.write(line('secret'));
    await writer.close();
    expect(await store.read('org_other', writer.streamId, 0, 10)).toEqual([]);
    expect(await store.tail('org_other', writer.streamId, 10)).toEqual([]);
  });

  test('a removed stream is gone', async () => {
    const store = create();
    const writer = await store.open({ ...stream, kind: 'console' });
    writer.write(line('x'));
    await writer.close();
    await store.remove(stream.orgId, writer.streamId);
    expect(await store.read(stream.orgId, writer.streamId, 0, 10)).toEqual([]);
  });
});

test('a line is readable within a second of being written, without a flush', async () => {
  const store = createLogStore(
    database.db,
    path.join(folder, 'live'),
    createLogger({}, () => undefined),
  );
  const writer = await store.open({ ...stream, kind: 'platform' });
  writer.write(line('now'));
  await expect
    .poll(async () => (await store.tail(stream.orgId, writer.streamId, 1))[0]?.text, { timeout: 1000 })
    .toBe('now');
  await writer.close();
});

test('a second writer cannot interleave: its chunks lose the comparison', async () => {
  const problems: unknown[] = [];
  const log = createLogger({}, (text) => problems.push(text));
  const store = createLogStore(database.db, path.join(folder, 'two'), log);
  const [one, two] = [
    await store.open({ ...stream, kind: 'request' }),
    await store.open({ ...stream, kind: 'request' }),
  ];
  one.write(line('kept'));
  await one.flush();
  two.write(line('refused'));
  await expect.poll(() => problems.length).toBeGreaterThan(0);
  const rows = await database.db.execute(
    sql`select count(*)::int as chunks from log_chunks where stream_id = ${one.streamId}`,
  );
  expect([...rows]).toEqual([{ chunks: 1 }]);
});

test('lines that come faster than they can be kept are counted in place and cost bounded memory', async () => {
  const kept: string[] = [];
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const writer = new ChunkingWriter(
    1,
    (lines) => gate.then(() => void kept.push(...lines.map(({ text }) => text))),
    () => undefined,
  );
  for (let index = 0; index < 2000; index += 1) writer.write(line('x'.repeat(10_000)));
  open();
  await writer.flush();
  writer.write(line('last'));
  await writer.close();
  expect(kept.length).toBeLessThan(900);
  expect(kept.at(-2)).toMatch(/^\[slipway\] dropped 1\d\d\d lines/);
  expect(kept.at(-1)).toBe('last');
});
