import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { newDeployKey } from '#server/source/deploy-key.ts';

describe('a deploy key', () => {
  it('is read by OpenSSH, and its public half is the one that is shown', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'slipway-key-'));
    try {
      for (const comment of ['a', 'rep_01', 'of "Ada"\n']) {
        const key = newDeployKey(comment);
        const file = path.join(folder, 'key');
        writeFileSync(file, key.privateKey.reveal(), { mode: 0o600 });
        const derived = execFileSync('ssh-keygen', ['-y', '-f', file], { encoding: 'utf8' }).trim();
        expect(derived).toBe(key.publicKey);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('never prints its private half', () => {
    expect(JSON.stringify(newDeployKey('x'))).not.toContain('PRIVATE KEY');
  });

  it('is another one each time', () => {
    expect(newDeployKey('x').publicKey).not.toBe(newDeployKey('x').publicKey);
  });
});
