/** Repositories that a story deploys from, behind a token: a Git server over http on loopback with a folder of its own. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startGitHttpServer } from '#e2e/support/git-http-server.ts';
import { initRepository } from '#e2e/support/git-repository.ts';

export const gitToken = 'glpat-0123456789abcdef';

export interface GitServer {
  url(name: string): string;
  /** A new repository whose first commit holds the folder's files. */
  create(name: string, folder: string): void;
  /** A repository without a commit. */
  createEmpty(name: string): void;
  /** Commits files on top of `main`; the new commit. `null` deletes a file. */
  commit(name: string, files: Record<string, string | null>, message: string): string;
  close(): Promise<void>;
}

export async function startGitServer(port: number): Promise<GitServer> {
  const root = mkdtempSync(path.join(tmpdir(), 'slipway-git-'));
  const git = (cwd: string, ...args: string[]): string =>
    execFileSync(
      'git',
      ['-c', 'user.name=Anna Berg', '-c', 'user.email=anna@example.test', '-c', 'init.defaultBranch=main', ...args],
      { cwd, encoding: 'utf8' },
    ).trim();
  const server = await startGitHttpServer(root, { token: gitToken, user: 'oauth2', port });
  const bare = (name: string): string => path.join(root, `${name}.git`);
  const work = (name: string): string => path.join(root, `work-${name}`);
  const publish = (name: string, message: string): string => {
    git(work(name), 'add', '-A');
    git(work(name), 'commit', '-q', '--allow-empty', '-m', message);
    git(work(name), 'push', '-q', bare(name), 'HEAD:main');
    return git(work(name), 'rev-parse', 'HEAD');
  };
  return {
    url: (name) => `${server.url}/${name}.git`,
    createEmpty: (name) => initRepository(bare(name)),
    create: (name, folder) => {
      initRepository(bare(name));
      cpSync(folder, work(name), { recursive: true, filter: (file) => !file.includes('node_modules') });
      git(work(name), 'init', '-q');
      publish(name, 'Start');
    },
    commit: (name, files, message) => {
      for (const [file, text] of Object.entries(files)) {
        if (text === null) rmSync(path.join(work(name), file), { force: true });
        else writeFileSync(path.join(work(name), file), text);
      }
      return publish(name, message);
    },
    close: async () => {
      await server.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}
