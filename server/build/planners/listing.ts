/** A RepositoryListing over a fetched folder: names first, small files on demand, and never a file outside of it. */
import { lstatSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '#server/errors.ts';
import type { RepositoryListing } from '#server/build/planners/types.ts';

const maxEntries = 100_000;
const maxFileBytes = 256 * 1024;

/** True when the real place of a path, as far as it exists, is outside of the folder. Broken links count as outside. */
function leaves(directory: string, relative: string): boolean {
  const parts = relative.split('/').filter((part) => part !== '');
  if (parts.includes('..')) return true;
  for (let length = 1; length <= parts.length; length += 1) {
    const place = path.join(directory, ...parts.slice(0, length));
    const isThere = lstatSync(place, { throwIfNoEntry: false });
    if (!isThere) return false;
    if (!isThere.isSymbolicLink()) continue;
    try {
      const real = path.relative(directory, realpathSync(place));
      if (real === '..' || real.startsWith(`..${path.sep}`) || path.isAbsolute(real)) return true;
    } catch {
      return true;
    }
  }
  return false;
}

/**
 * Lists a folder. Links to regular files inside of it are listed; links to folders are not entered.
 * @throws AppError unavailable when the folder cannot be read or has more than 100,000 entries
 */
export async function listDirectory(directory: string): Promise<RepositoryListing> {
  const root = realpathSync(directory);
  const paths: string[] = [];
  const pending = [''];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    for (const entry of await readdir(path.join(root, folder), { withFileTypes: true })) {
      const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) pending.push(name);
      else if (entry.isFile() || (entry.isSymbolicLink() && isFileInside(root, name))) paths.push(name);
      if (paths.length + pending.length > maxEntries)
        throw new AppError('unavailable', 'The source folder has more entries than can be listed.');
    }
  }
  const listed = new Set(paths);
  return {
    paths: paths.toSorted(),
    read: (name) => (listed.has(name) && !leaves(root, name) ? readText(path.join(root, name)) : null),
    leavesRepository: (name) => leaves(root, name),
  };
}

const isFileInside = (root: string, name: string): boolean =>
  !leaves(root, name) && statSync(path.join(root, name), { throwIfNoEntry: false })?.isFile() === true;

function readText(file: string): string | null {
  if (statSync(file).size > maxFileBytes) return null;
  const bytes = readFileSync(file);
  return bytes.includes(0) ? null : bytes.toString('utf8');
}
