/** What a PostgreSQL that was killed leaves behind. */
import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import path from 'node:path';
import { waitUntil } from './daemon.ts';

/** True for a process that works in the folder; a zombie has no folder any more. */
function worksIn(pid: string, folder: string): boolean {
  try {
    return (
      readlinkSync(`/proc/${pid}/cwd`) === folder && !/^State:\s+Z/mu.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
    );
  } catch {
    return false; // it ended between the two looks, or is not ours to see
  }
}

/**
 * Makes a cluster without a postmaster ready to start. Its lock file names a process that may seem to exist for ever (a
 * zombie that nobody collects, or a stranger with the same number), and PostgreSQL would refuse. The file goes only when no
 * process works in the data folder any more: backends of the killed one may still write for a moment.
 * @throws AppError unavailable when they do not end
 */
export async function clearCrashedCluster(dataFolder: string): Promise<void> {
  const lock = path.join(dataFolder, 'postmaster.pid');
  if (!existsSync(lock)) return;
  const isQuiet = (): boolean =>
    !readdirSync('/proc').some((entry) => /^\d+$/u.test(entry) && worksIn(entry, dataFolder));
  await waitUntil(isQuiet, {
    timeoutMs: 20_000,
    failure: () => 'Processes of a PostgreSQL that was killed do not end. Stop them, then run: npm run up',
  });
  rmSync(lock, { force: true });
}
