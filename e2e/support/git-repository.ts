/** Bare repositories for tests, written by `git fast-import`, so that trees can hold what no work tree could. */
import { execFileSync } from 'node:child_process';

export interface Entry {
  path: string;
  /** 100644 file, 100755 program, 120000 link, 160000 submodule */
  mode?: '100644' | '100755' | '120000' | '160000';
  content: string | Buffer;
}

const git = (gitDir: string, args: readonly string[], input?: Buffer): string =>
  execFileSync('git', ['-c', 'safe.directory=*', `--git-dir=${gitDir}`, ...args], {
    encoding: 'utf8',
    ...(input ? { input } : {}),
  }).trim();

/** An empty bare repository whose default branch is `main`. */
export function initRepository(gitDir: string): void {
  execFileSync('git', ['init', '--quiet', '--bare', '--template=', '--initial-branch=main', gitDir]);
}

/** One commit with exactly these entries on a branch; returns its id. */
export function commitEntries(gitDir: string, entries: readonly Entry[], branch = 'main', message = 'Change'): string {
  const head = `commit refs/heads/${branch}\ncommitter Ada <ada@example.com> 1760000000 +0000\n`;
  const parts: (string | Buffer)[] = [`${head}data ${Buffer.byteLength(message)}\n${message}\ndeleteall\n`];
  for (const { path, mode = '100644', content } of entries) {
    if (mode === '160000') parts.push(`M 160000 ${content.toString()} "${path}"\n`);
    else parts.push(`M ${mode} inline "${path}"\ndata ${Buffer.byteLength(content)}\n`, content, '\n');
  }
  git(gitDir, ['fast-import', '--quiet', '--force'], Buffer.concat(parts.map((part) => Buffer.from(part))));
  return git(gitDir, ['rev-parse', `refs/heads/${branch}`]);
}

export const tagCommit = (gitDir: string, name: string, commit: string): string =>
  git(gitDir, ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', 'tag', '-a', '-m', name, name, commit]);
