import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sourceContract } from '#server/source/contract.ts';
import { GitSource } from '#server/source/git.ts';
import { PlatformRepositories } from '#server/source/repository-host.ts';

sourceContract('git over platform repositories', async () => {
  const stateDir = await mkdtemp(path.join(tmpdir(), 'slipway-git-'));
  const options = { stateDir, privateGitHosts: new Set<string>(), times: { fetchDeadline: 30_000 } };
  return {
    source: new GitSource(options),
    host: new PlatformRepositories(options),
    dispose: () => rm(stateDir, { recursive: true, force: true }),
  };
});
