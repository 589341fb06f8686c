/**
 * What every instance gets at `/.slipway`, read-only: the session helper, a shell for images that have none, and the far
 * ends of sftp, scp and rsync. Made by `up` from this machine's own packages; programs that are not static bring their
 * libraries and the loader with them, so that they run in any image.
 */
import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { exec, execOk } from '#server/exec.ts';

export const helperFolder = (stateDir: string): string => path.join(stateDir, 'helpers');
const packages = ['busybox-static', 'openssh-sftp-server', 'openssh-client', 'rsync', 'libpopt0'] as const;
/** Changes with what this file does, so that it is done again. */
const recipe = '2';

export interface Helpers {
  made: boolean;
  /** What does not work, in sentences. */
  problems: string[];
}

/** @param sourceFile `session.c`. Does nothing when the same was made before. */
export async function ensureHelpers(stateDir: string, sourceFile: string, signal: AbortSignal): Promise<Helpers> {
  const folder = helperFolder(stateDir);
  const source = await readFile(sourceFile);
  const stamp = `${recipe} ${createHash('sha256').update(source).digest('hex')}\n`;
  const current = await readFile(path.join(folder, 'stamp'), 'utf8').catch(() => '');
  if (current === stamp) return { made: false, problems: [] };
  await mkdir(path.join(folder, 'bin'), { recursive: true, mode: 0o755 });
  await mkdir(path.join(folder, 'lib'), { recursive: true, mode: 0o755 });
  const scratch = await mkdtemp(path.join(stateDir, 'helpers-'));
  const problems: string[] = [];
  try {
    if (!(await compile(sourceFile, path.join(scratch, 'session'), signal)))
      return { made: false, problems: ['sessions go through the engine, at half the speed: install g++'] };
    await unpackPackages(scratch, signal);
    const busybox = path.join(scratch, 'bin', 'busybox');
    if (existsSync(busybox)) await install(busybox, path.join(folder, 'bin', 'busybox'));
    else problems.push('images without a shell have none over SSH: busybox-static could not be had');
    for (const [name, file] of [['sftp-server', 'usr/lib/openssh/sftp-server'], ['scp', 'usr/bin/scp'], ['rsync', 'usr/bin/rsync']] as const) {
      const found = path.join(scratch, file);
      if (existsSync(found) && existsSync(busybox)) await bundle(name, found, folder, scratch, signal);
      else problems.push(`${name} works only in images that have it`);
    } // prettier-ignore
    await install(path.join(scratch, 'session'), path.join(folder, 'bin', 'session'));
    if (problems.length === 0) await writeFile(path.join(folder, 'stamp'), stamp);
    return { made: true, problems };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function compile(source: string, target: string, signal: AbortSignal): Promise<boolean> {
  const args = ['-static', '-O2', '-s', '-o', target, source];
  const result = await exec('gcc', args, { signal, timeoutMs: 60_000 }).catch(() => null);
  return result?.exitCode === 0;
}

async function unpackPackages(scratch: string, signal: AbortSignal): Promise<void> {
  const options = { cwd: scratch, signal, timeoutMs: 120_000 };
  for (const name of packages) {
    const download = async (): Promise<boolean> =>
      (await exec('apt-get', ['download', name], options).catch(() => null))?.exitCode === 0;
    if (!(await download())) {
      await exec('apt-get', ['update', '-q'], options).catch(() => null); // a fresh machine has no lists yet
      await download();
    }
  }
  for (const file of await readdir(scratch))
    if (file.endsWith('.deb')) await execOk('dpkg-deb', ['-x', path.join(scratch, file), scratch], options);
}

/** Replaced as a whole: instances that run use what they opened. */
async function install(from: string, to: string): Promise<void> {
  await copyFile(from, `${to}.new`);
  await chmod(`${to}.new`, 0o755);
  await rename(`${to}.new`, to);
}

/** The program with its libraries, started by the loader that it was made for. */
async function bundle(name: string, file: string, folder: string, scratch: string, signal: AbortSignal): Promise<void> {
  const own = path.join(scratch, 'usr/lib');
  const places = (await readdir(own)).map((entry) => path.join(own, entry)).join(':');
  const { stdout } = await execOk('ldd', [file], { signal, env: { LD_LIBRARY_PATH: places } });
  const libraries = [...stdout.matchAll(/(?:=> )?(\/\S+) \(0x/g)].flatMap((found) => found[1] ?? []);
  const loader = libraries.find((library) => path.basename(library).startsWith('ld-'));
  if (loader === undefined) return;
  for (const library of libraries) await install(library, path.join(folder, 'lib', path.basename(library)));
  await install(file, path.join(folder, 'lib', name));
  const start = `#!/.slipway/bin/busybox sh\nexec /.slipway/lib/${path.basename(loader)} --library-path /.slipway/lib /.slipway/lib/${name} "$@"\n`;
  await writeFile(path.join(folder, 'bin', `${name}.new`), start, { mode: 0o755 });
  await rename(path.join(folder, 'bin', `${name}.new`), path.join(folder, 'bin', name));
}
