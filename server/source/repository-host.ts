/** The platform's own repositories: bare, below the state folder, named by our ids. */
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '#server/errors.ts';
import { git, localOnly, withScratch } from '#server/source/git-command.ts';
import type { RepositoryHost } from '#server/source/types.ts';

/** @throws AppError internal for anything but one of our ids: it becomes a path. */
export function repositoryFolder(stateDir: string, repositoryId: string): string {
  if (!/^[a-z]{2,5}_[a-z0-9]{1,40}$/.test(repositoryId)) throw new AppError('internal', 'Not a repository id.');
  return path.join(stateDir, 'repositories', `${repositoryId}.git`);
}

const headerText = (text: string): string => text.replace(/[<>\n\r\0]/g, ' ').trim();

/** The input of `git fast-import`: one commit with every file, its lengths in bytes. */
function importStream(
  files: ReadonlyMap<string, Buffer>,
  message: string,
  author: { name: string; email: string },
  seconds: number,
): Buffer {
  const text = Buffer.from(message);
  const parts: (string | Buffer)[] = [
    'commit refs/heads/main\n',
    `committer ${headerText(author.name)} <${headerText(author.email)}> ${seconds} +0000\n`,
    `data ${text.length}\n`,
    text,
    '\n',
  ];
  for (const [name, content] of files) {
    // Quoting only matters for names with quotes, backslashes or line breaks, and templates have none.
    if (!/^[A-Za-z0-9._@/[\]()+-]+$/.test(name)) throw new AppError('internal', 'A template has an unusual file name.');
    const mode = content.subarray(0, 2).toString() === '#!' ? '100755' : '100644';
    parts.push(`M ${mode} inline ${name}\ndata ${content.length}\n`, content, '\n');
  }
  parts.push('done\n');
  return Buffer.concat(parts.map((part) => Buffer.from(part)));
}

export class PlatformRepositories implements RepositoryHost {
  readonly #stateDir: string;
  readonly #now: () => number;

  constructor(options: { stateDir: string; now?: () => number }) {
    this.#stateDir = options.stateDir;
    this.#now = options.now ?? Date.now;
  }

  create(
    repositoryId: string,
    files: ReadonlyMap<string, Buffer>,
    message: string,
    author: { name: string; email: string },
  ): Promise<string> {
    const folder = repositoryFolder(this.#stateDir, repositoryId);
    return withScratch(this.#stateDir, async (scratch) => {
      const existing = await this.#tip(folder, scratch);
      if (existing !== null) return existing;
      const draft = path.join(scratch, 'repository.git');
      const run = { scratch, environment: localOnly, timeoutMs: 30_000 };
      const input = importStream(files, message, author, Math.floor(this.#now() / 1000));
      for (const step of [
        { args: ['init', '--quiet', '--bare', '--template=', '--initial-branch=main', draft] },
        { args: [`--git-dir=${draft}`, 'fast-import', '--quiet', '--done'], input },
      ]) {
        const result = await git(step.args, { ...run, ...(step.input ? { input: step.input } : {}) });
        if (result.exitCode === 0) continue;
        const cause = new Error(result.stderr.trim().slice(-2000));
        throw new AppError('unavailable', 'The repository could not be made.', { cause });
      }
      // Renamed when whole, so that a half-made repository never carries the final name.
      await mkdir(path.dirname(folder), { recursive: true, mode: 0o700 });
      await rm(folder, { recursive: true, force: true });
      await rename(draft, folder);
      const tip = await this.#tip(folder, scratch);
      if (tip === null) throw new AppError('internal', 'The new repository has no commit.');
      return tip;
    });
  }

  async remove(repositoryId: string): Promise<void> {
    await rm(repositoryFolder(this.#stateDir, repositoryId), { recursive: true, force: true });
  }

  async #tip(folder: string, scratch: string): Promise<string | null> {
    const args = [`--git-dir=${folder}`, 'rev-parse', '--verify', '--quiet', 'refs/heads/main'];
    const result = await git(args, { scratch, environment: localOnly, timeoutMs: 10_000 });
    return result.exitCode === 0 ? result.stdout.trim() : null;
  }
}
