import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { execOk } from '#server/exec.ts';

it('starts an engine where none runs, adopts it, and starts it again over the pidfiles of a crash', async () => {
  const parent = mkdtempSync(path.join(tmpdir(), 'slipway-engine-'));
  try {
    const inside = ['--net', '--mount', process.execPath, 'cli/platform/engine.fixture.ts', path.join(parent, 'state')];
    const { stdout } = await execOk('unshare', inside, { cwd: process.cwd(), timeoutMs: 110_000 });
    expect(JSON.parse(stdout)).toMatchObject({
      first: expect.stringMatching(/^Docker .* started$/) as string,
      again: expect.stringMatching(/^Docker .* runs$/) as string,
      afterCrash: expect.stringMatching(/^Docker .* started$/) as string,
      stopped: true,
      leftRunning: false,
      config: { 'live-restore': true, 'log-opts': { 'max-size': '20m' } },
    });
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
});
