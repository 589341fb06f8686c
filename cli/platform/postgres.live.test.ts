import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '#tools/free-port.ts';
import { ensurePostgres, findPostgres, removePostgres, stopPostgres } from './postgres.ts';
import { ensureSecret, prepareStateFolder, statePaths } from './state.ts';

let parent = '';
let stateDir = '';
let url = '';
let password = '';

beforeAll(async () => {
  parent = mkdtempSync(path.join(tmpdir(), 'slipway-postgres-'));
  stateDir = path.join(parent, 'state');
  prepareStateFolder(stateDir);
  password = ensureSecret(stateDir, 'postgres');
  url = `postgres://slipway:${password}@127.0.0.1:${await freePort()}/slipway`;
});
afterAll(async () => {
  await stopPostgres(stateDir);
  removePostgres(stateDir);
  rmSync(parent, { recursive: true, force: true });
});

async function query(text: string): Promise<unknown[]> {
  const client = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    return await client.unsafe(text);
  } finally {
    await client.end();
  }
}

it('is made once, also below a folder that its user cannot enter, and adopted afterwards', async () => {
  chmodSync(parent, 0o700);
  expect(await ensurePostgres(stateDir, url, password)).toBe('created');
  const first = findPostgres(stateDir);
  expect(await ensurePostgres(stateDir, url, password)).toBe('adopted');
  expect(findPostgres(stateDir)).toEqual(first);
  await query('create table kept (id int)');
});

it('is adopted when our pidfile was lost', async () => {
  const first = findPostgres(stateDir);
  rmSync(path.join(statePaths(stateDir).run, 'postgres.pid'));
  expect(await ensurePostgres(stateDir, url, password)).toBe('adopted');
  expect(findPostgres(stateDir)).toEqual(first);
});

it('starts again with its data after a kill that leaves its pidfiles behind', async () => {
  const running = findPostgres(stateDir);
  if (!running) throw new Error('it does not run');
  process.kill(running.pid, 'SIGKILL');
  await expect.poll(() => findPostgres(stateDir)).toBeNull();
  expect(await ensurePostgres(stateDir, url, password)).toBe('started');
  expect(await query('select count(*)::int as count from kept')).toEqual([{ count: 0 }]);
});

it('needs the password, which only its owner can read', async () => {
  expect(statSync(path.join(statePaths(stateDir).secrets, 'postgres')).mode & 0o777).toBe(0o600);
  const wrong = postgres(url.replace(password, 'wrong'), { max: 1, onnotice: () => undefined });
  await expect(wrong`select 1`).rejects.toMatchObject({ code: '28P01' });
  await wrong.end();
});

it('stops, and a second stop finds nothing', async () => {
  expect(await stopPostgres(stateDir)).toBe(true);
  expect(await stopPostgres(stateDir)).toBe(false);
});
