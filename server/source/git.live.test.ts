import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startGitHttpServer } from '#e2e/support/git-http-server.ts';
import { startGitSshServer } from '#e2e/support/git-ssh-server.ts';
import { Secret } from '#server/secret.ts';
import { sourceContract } from '#server/source/contract.ts';
import { newDeployKey } from '#server/source/deploy-key.ts';
import { GitSource } from '#server/source/git.ts';
import { PlatformRepositories } from '#server/source/repository-host.ts';

const times = { fetchDeadline: 30_000 };
const newState = (): Promise<string> => mkdtemp(path.join(tmpdir(), 'slipway-git-'));
const removeState = (stateDir: string): Promise<void> => rm(stateDir, { recursive: true, force: true });

sourceContract('git over platform repositories', async () => {
  const stateDir = await newState();
  const options = { stateDir, privateGitHosts: new Set<string>(), times };
  return {
    source: new GitSource(options),
    host: new PlatformRepositories(options),
    location: (repositoryId) => ({ kind: 'platform', repositoryId }),
    dispose: () => removeState(stateDir),
  };
});

sourceContract('git over http with a token', async () => {
  const stateDir = await newState();
  const server = await startGitHttpServer(path.join(stateDir, 'repositories'), { token: 'tok-en' });
  const options = { stateDir, privateGitHosts: new Set([server.host]), times };
  return {
    source: new GitSource(options),
    host: new PlatformRepositories(options),
    location: (repositoryId) => ({
      kind: 'git',
      repositoryId,
      url: `${server.url}/${repositoryId}.git`,
      credential: { kind: 'token', username: 'x', token: new Secret('tok-en') },
      hostKey: null,
    }),
    dispose: async () => {
      await server.close();
      await removeState(stateDir);
    },
  };
});

sourceContract('git over ssh with a deploy key', async () => {
  const stateDir = await newState();
  const server = await startGitSshServer(path.join(stateDir, 'repositories'));
  const key = newDeployKey('contract');
  server.accepted.push(key.publicKey);
  const options = { stateDir, privateGitHosts: new Set([server.host]), times };
  return {
    source: new GitSource(options),
    host: new PlatformRepositories(options),
    location: (repositoryId) => ({
      kind: 'git',
      repositoryId,
      url: `ssh://git@${server.host}/${repositoryId}.git`,
      credential: { kind: 'deploy-key', privateKey: key.privateKey },
      hostKey: `${server.host} ${server.hostKey}`,
    }),
    dispose: async () => {
      await server.close();
      await removeState(stateDir);
    },
  };
});
