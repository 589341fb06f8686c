import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clearCrashedCluster } from './crashed-cluster.ts';

let folder: string;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'slipway-cluster-')));
});
afterAll(() => rmSync(folder, { recursive: true }));
const lock = (): string => path.join(folder, 'postmaster.pid');

test('the lock file of a killed PostgreSQL goes when its last process has ended, and not before', async () => {
  writeFileSync(lock(), `${process.pid}\n`);
  const backend = spawn('sleep', ['30'], { cwd: folder });
  const cleared = clearCrashedCluster(folder).then(() => 'cleared');
  expect(await Promise.race([cleared, new Promise((resolve) => setTimeout(resolve, 300, 'waiting'))])).toBe('waiting');
  expect(existsSync(lock())).toBe(true);
  backend.kill('SIGKILL');
  expect(await cleared).toBe('cleared');
  expect(existsSync(lock())).toBe(false);
});

test('a cluster that was stopped cleanly needs nothing', async () => {
  await expect(clearCrashedCluster(folder)).resolves.toBeUndefined();
});
