/**
 * One folder per version, `dist/<version>/`, made beside and moved into place as a whole: what runs is never changed
 * under it. It holds the web app (Next's standalone output) and one bundled file per other process.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, readlinkSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { exec } from '#server/exec.ts';
import { Stop } from '#cli/bootstrap/screen.mjs';
import { entryPoints } from '#cli/supervisor/processes.ts';
import { readPidFile, waitUntil, writePidFile } from './daemon.ts';

/** Bundled whole: unbundled, drizzle alone costs each process 150 MB and half a second. */
const bundles = { ...entryPoints, supervisor: 'cli/supervisor/main.ts' };
/** Bundled CommonJS packages ask for a `require`. */
export const banner =
  "import{createRequire as slipwayRequire}from'node:module';const require=slipwayRequire(import.meta.url);";

export const versionFolder = (root: string, version: string): string => path.join(root, 'dist', version);

/** Builds this version unless it is there. Another `up` of the same clone that builds is waited for. */
export async function ensureBuilt(root: string, version: string): Promise<'built' | 'present'> {
  const folder = versionFolder(root, version);
  if (existsSync(folder)) return 'present';
  mkdirSync(path.dirname(folder), { recursive: true });
  const turn = path.join(root, 'dist', 'build.pid');
  const isFree = (): boolean => readPidFile(turn) === null;
  await waitUntil(isFree, { timeoutMs: 15 * 60_000, failure: () => `Another build holds ${turn}.` });
  if (existsSync(folder)) return 'present';
  writePidFile(turn, process.pid);
  const making = `${folder}.new`;
  rmSync(making, { recursive: true, force: true });
  mkdirSync(making);
  try {
    await Promise.all([bundleProcesses(root, making), buildWeb(root, making)]);
    renameSync(making, folder);
    removeUnused(root, version);
  } finally {
    rmSync(making, { recursive: true, force: true });
    rmSync(turn, { force: true });
  }
  return 'built';
}

/** One file per process, beside each other in the folder. */
export async function bundleProcesses(root: string, folder: string): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: bundles,
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    external: ['pg-native', 'cpu-features'],
    define: { __dirname: 'import.meta.dirname' },
    loader: { '.node': 'copy' }, // ssh2's own crypto, without which it has half the speed
    banner: { js: banner },
    logLevel: 'silent',
  });
}

async function buildWeb(root: string, folder: string): Promise<void> {
  const next = path.join(root, 'node_modules/next/dist/bin/next');
  const { exitCode, stdout, stderr } = await exec(process.execPath, [next, 'build'], {
    cwd: root,
    env: { NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1', NO_COLOR: '1' },
  });
  if (exitCode !== 0)
    throw new Stop(`The web app did not build:\n${`${stdout}\n${stderr}`.trim().split('\n').slice(-30).join('\n')}`);
  const web = path.join(folder, 'web');
  cpSync(path.join(root, '.next/standalone'), web, { recursive: true, verbatimSymlinks: true });
  cpSync(path.join(root, '.next/static'), path.join(web, '.next/static'), { recursive: true });
  if (existsSync(path.join(root, 'public')))
    cpSync(path.join(root, 'public'), path.join(web, 'public'), { recursive: true });
  cpSync(path.join(root, 'server/templates'), path.join(web, 'server/templates'), { recursive: true }); // read at run time
  for (const name of readdirSync(web)) if (name.startsWith('.env')) rmSync(path.join(web, name)); // Next copies them along
}

/** Removes the folders of other versions, except where a process still runs from one. */
function removeUnused(root: string, version: string): void {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const inUse = pids.map((pid) => `${read(`/proc/${pid}/cmdline`)} ${linkTarget(`/proc/${pid}/cwd`)}/`);
  for (const entry of readdirSync(path.join(root, 'dist'), { withFileTypes: true })) {
    const folder = path.join(root, 'dist', entry.name);
    if (!entry.isDirectory() || entry.name === version || inUse.some((line) => line.includes(`${folder}/`))) continue;
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Processes end while one looks at them. */
function orNothing(look: () => string): string {
  try {
    return look();
  } catch {
    return '';
  }
}
const read = (file: string): string => orNothing(() => readFileSync(file, 'utf8'));
const linkTarget = (link: string): string => orNothing(() => readlinkSync(link));
