/**
 * The build context as a tar stream. Symbolic links are packed as links and never followed, so nothing outside of the
 * source folder gets in; devices, sockets and pipes are refused.
 */
import { createReadStream } from 'node:fs';
import { lstat, readFile, readdir, readlink, realpath } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import createIgnore from '@balena/dockerignore';
import { pack, type Pack } from 'tar-stream';

/** Where a Dockerfile goes that is not a file of the context. The name is constant, because `COPY . .` hashes it. */
export const addedDockerfile = '.slipway.Dockerfile';
const wholeFileBytes = 1024 * 1024;

/** A problem of the source, for its owner. */
export class ContextProblem extends Error {
  readonly code: 'path_outside_repository' | 'dockerfile_missing' | 'root_missing' | 'build_failed';
  readonly advice: string;
  constructor(code: ContextProblem['code'], message: string, advice: string) {
    super(message);
    this.code = code;
    this.advice = advice;
  }
}

/** The real path of something below `root`, or null when there is none. @throws ContextProblem when it leads out of it. */
async function within(root: string, relative: string): Promise<string | null> {
  const real = await realpath(path.resolve(root, `./${relative}`)).catch(() => null);
  if (real === null) return null;
  const base = await realpath(root);
  if (real === base || real.startsWith(`${base}${path.sep}`)) return real;
  throw new ContextProblem('path_outside_repository', `"${relative}" leads out of the repository.`, 'Use a path inside of the repository.'); // prettier-ignore
}

/** @throws ContextProblem root_missing, path_outside_repository */
export async function contextFolder(source: string, relative: string): Promise<string> {
  const folder = await within(source, relative);
  if (folder !== null && (await lstat(folder)).isDirectory()) return folder;
  throw new ContextProblem('root_missing', `The folder "${relative}" is not in the repository.`, 'Set the context to a folder that exists.'); // prettier-ignore
}

/** @throws ContextProblem dockerfile_missing, path_outside_repository */
export async function readDockerfile(source: string, relative: string): Promise<{ file: string; text: string }> {
  const file = await within(source, relative);
  const found = file === null ? null : await lstat(file);
  if (file === null || !found?.isFile())
    throw new ContextProblem('dockerfile_missing', `There is no "${relative}" in the repository.`, 'Set the path of the Dockerfile, or remove the setting so that the build is detected.'); // prettier-ignore
  if (found.size > 1024 * 1024)
    throw new ContextProblem(
      'build_failed',
      `"${relative}" is larger than 1 MiB.`,
      'Point the setting at a Dockerfile.',
    );
  return { file, text: await readFile(file, 'utf8') };
}

type Filter = (relative: string) => { skip: boolean; prune: boolean };

async function ignoreFilter(folder: string, dockerfile: string | null): Promise<Filter> {
  const own = dockerfile === null ? null : await within(folder, `${dockerfile}.dockerignore`).catch(() => null);
  const shared = await within(folder, '.dockerignore').catch(() => null);
  const file = own ?? shared;
  if (file === null || !(await lstat(file)).isFile()) return () => ({ skip: false, prune: false });
  const text = await readFile(file, 'utf8');
  const rules = createIgnore().add(text);
  const hasExceptions = /^\s*!/m.test(text);
  return (relative) => {
    const skip = rules.ignores(relative);
    return { skip, prune: skip && !hasExceptions };
  };
}

interface PackedContext {
  stream: Readable;
  /** Path of the Dockerfile inside of the context. */
  dockerfile: string;
}

function add(archive: Pack, name: string, mode: number, data: Buffer | string): Promise<void> {
  return new Promise((resolve, reject) => {
    archive.entry({ name, mode, mtime: new Date(0) }, data, (error) => (error ? reject(error) : resolve()));
  });
}

async function addFile(archive: Pack, name: string, file: string, info: Awaited<ReturnType<typeof lstat>>): Promise<void> {
  const header = { name, mode: Number(info.mode) & 0o777, mtime: info.mtime };
  if (info.size <= wholeFileBytes) {
    const data = await readFile(file);
    await new Promise<void>((resolve, reject) => {
      archive.entry({ ...header, size: data.length }, data, (error) => (error ? reject(error) : resolve()));
    });
    return;
  }
  const size = Number(info.size);
  await pipeline(createReadStream(file, { end: size - 1 }), archive.entry({ ...header, size }));
} // prettier-ignore

async function addFolder(archive: Pack, folder: string, below: string, filter: Filter, taken: ReadonlySet<string>): Promise<void> {
  const entries = await readdir(path.join(folder, below), { withFileTypes: true });
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const relative = below === '' ? entry.name : `${below}/${entry.name}`;
    if (taken.has(relative)) continue;
    const { skip, prune } = filter(relative);
    const absolute = path.join(folder, relative);
    if (entry.isDirectory()) {
      if (!skip) archive.entry({ name: `${relative}/`, type: 'directory', mode: 0o755, mtime: (await lstat(absolute)).mtime });
      if (!prune) await addFolder(archive, folder, relative, filter, taken);
    } else if (skip) continue;
    else if (entry.isSymbolicLink()) archive.entry({ name: relative, type: 'symlink', linkname: await readlink(absolute), mode: 0o777, mtime: new Date(0) });
    else if (entry.isFile()) await addFile(archive, relative, absolute, await lstat(absolute));
    else throw new ContextProblem('build_failed', `The source holds a special file: "${relative}".`, 'Only files, folders and symbolic links can be built.');
  }
} // prettier-ignore

/**
 * Packs the context. The stream fails with ContextProblem when the source cannot be packed.
 * @param folder absolute, already known to be inside of the source
 * @param dockerfile its text, and its absolute path when it is a file of the repository
 */
export async function packContext(
  folder: string,
  dockerfile: { text: string; file: string | null },
): Promise<PackedContext> {
  const inside = dockerfile.file?.startsWith(`${folder}${path.sep}`) ? path.relative(folder, dockerfile.file) : null;
  const name = inside ?? addedDockerfile;
  const filter = await ignoreFilter(folder, inside);
  const archive = pack();
  const fill = async (): Promise<void> => {
    // First, because the engine takes an archive that begins with an extended header for a Dockerfile.
    await add(archive, name, 0o644, dockerfile.text);
    await addFolder(archive, folder, '', filter, new Set([name]));
    archive.finalize();
  };
  fill().catch((error: unknown) => archive.destroy(error instanceof Error ? error : new Error(String(error))));
  return { stream: Readable.from(archive), dockerfile: name };
}
