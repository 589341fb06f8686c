/** What the installation's database, engine and folders say, beside what its API says. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import postgres from 'postgres';
import { stateFolder } from './environment.ts';

const docker = (...args: string[]): string[] =>
  execFileSync('/usr/bin/docker', args, { encoding: 'utf8', env: { PATH: '/usr/bin:/bin', NODE_ENV: 'production' } })
    .split('\n')
    .filter(Boolean);
/** The id that every engine object of this installation carries. */
export const installationId = (): string =>
  (JSON.parse(readFileSync(path.join(stateFolder, 'installation'), 'utf8')) as { id: string }).id;

export function openDatabaseClient(): postgres.Sql {
  const line = readFileSync(path.join(stateFolder, 'environment'), 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('DATABASE_URL='));
  return postgres(line?.slice('DATABASE_URL='.length) ?? '', { max: 2, onnotice: () => undefined });
}

/** The process id in a pid file of the state folder. */
export const pidOf = (role: 'worker' | 'agent' | 'web' | 'supervisor' | 'postgres'): number =>
  Number.parseInt(readFileSync(path.join(stateFolder, 'run', `${role}.pid`), 'utf8'), 10);

/** Ids of the instances that have a container, in any state. */
export const containersOf = (): string[] =>
  docker(
    'ps',
    '-a',
    '--filter',
    `label=slipway.installation=${installationId()}`,
    '--format',
    '{{.Label "slipway.instance"}}',
  ).toSorted();
export const networksOf = (): string[] =>
  docker(
    'network',
    'ls',
    '--filter',
    `label=slipway.installation=${installationId()}`,
    '--format',
    '{{.Label "slipway.deployment"}}',
  ).toSorted();

/** Every file and folder below the state folder whose path holds the text, logs and chunk files aside. */
export function pathsWith(text: string, folder: string = stateFolder): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const full = path.join(folder, entry.name);
    if (['logs', 'postgres', 'builder'].includes(entry.name)) return [];
    return [...(entry.name.includes(text) ? [full] : []), ...(entry.isDirectory() ? pathsWith(text, full) : [])];
  });
}

/** Folders of releases in progress: fetched source. */
export const workFolders = (): string[] => {
  const folder = path.join(stateFolder, 'work');
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith('rel_')) : [];
};

/** Command lines of all processes of the machine that hold the text. */
export function processesWith(text: string): string[] {
  return readdirSync('/proc').filter((entry) => /^\d+$/u.test(entry)).flatMap((pid) => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return command.includes(text) ? [command] : [];
    } catch {
      return [];
    }
  }); // prettier-ignore
}
