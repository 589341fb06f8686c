/** Composition root of the web process: made once, at the first request, from the configuration. */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { systemClock } from '#server/clock.ts';
import { type Config, loadConfig } from '#server/config.ts';
import { openDatabase } from '#server/db/client.ts';
import { openNotices } from '#server/db/notify.ts';
import { createLogger } from '#server/log.ts';
import { createLogStore } from '#server/logs/store.ts';
import { deriveKey } from '#server/secret.ts';
import { GitSource } from '#server/source/git.ts';
import { PlatformRepositories } from '#server/source/repository-host.ts';
import { templateSource } from '#server/templates/index.ts';
import type { Services } from '#server/usecases/context.ts';

export interface WebProcess {
  config: Config;
  services: Services;
  /** Encrypts the token in the session cookie. */
  sessionSecret: string;
}

async function openWebProcess(): Promise<WebProcess> {
  const config = loadConfig();
  const log = createLogger({ process: 'web' });
  const { db } = openDatabase(config.DATABASE_URL, { name: 'web' });
  const notices = await openNotices(config.DATABASE_URL);
  const workDir = path.join(config.stateDir, 'inspect');
  await rm(workDir, { recursive: true, force: true }); // what a process left that was killed while it looked into a repository
  return {
    config,
    sessionSecret: deriveKey(config.masterSecret, 'session cookies').toString('base64url'),
    services: {
      db,
      clock: systemClock,
      log,
      keys: {
        variables: deriveKey(config.masterSecret, 'variables'),
        credentials: deriveKey(config.masterSecret, 'credentials'),
      },
      sources: new GitSource(config),
      repositoryHost: new PlatformRepositories(config),
      templateSource,
      logs: createLogStore(db, path.join(config.stateDir, 'logs'), log),
      notices,
      signInProviders: config,
      publicUrl: config.SLIPWAY_PUBLIC_URL.replace(/\/+$/, ''),
      workDir,
      privateGitHosts: config.privateGitHosts,
      sshPort: config.SLIPWAY_SSH_PORT,
      keySites: {
        urls: { github: config.GITHUB_URL, gitlab: config.GITLAB_URL },
        privateHosts: config.privateGitHosts,
      },
    },
  };
}

/** Kept on `globalThis`: each route has a module graph of its own, the process has one pool. */
const shared = globalThis as { slipwayWeb?: Promise<WebProcess> };

/** The process's services. A failed start is tried again at the next request. */
export function webProcess(): Promise<WebProcess> {
  shared.slipwayWeb ??= openWebProcess().catch((error: unknown) => {
    delete shared.slipwayWeb;
    throw error;
  });
  return shared.slipwayWeb;
}
