/** The state folder: everything that an installation owns on disk, and its secrets. */
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import * as z from 'zod';
import { newId, randomSuffix } from '#server/ids.ts';
import { prepareGatewayFolder } from '#server/ssh/gateway-folder.ts';
import { Stop } from '#cli/bootstrap/screen.mjs';
import { readPidFile, writePidFile } from './daemon.ts';

/** Paths below the state folder that the commands know. */
export const statePaths = (stateDir: string) => ({
  run: path.join(stateDir, 'run'),
  logs: path.join(stateDir, 'logs', 'platform'),
  secrets: path.join(stateDir, 'secrets'),
  postgres: path.join(stateDir, 'postgres'),
  environment: path.join(stateDir, 'environment'),
  installation: path.join(stateDir, 'installation'),
});

/** Makes the folders. The state folder can be passed through by the database's user; its parts are closed one by one. */
export function prepareStateFolder(stateDir: string): void {
  mkdirSync(stateDir, { recursive: true });
  chmodSync(stateDir, 0o711);
  const { run, secrets } = statePaths(stateDir);
  for (const folder of [run, secrets, path.join(stateDir, 'logs')]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  mkdirSync(statePaths(stateDir).logs, { recursive: true });
  prepareGatewayFolder(stateDir);
}

/** Lets one `up` work at a time. @throws Stop while another one does. */
export function claimTurn(stateDir: string): void {
  const pidFile = path.join(statePaths(stateDir).run, 'up.pid');
  const other = readPidFile(pidFile);
  if (other) throw new Stop(`Another \`npm run up\` works on ${stateDir} (process ${other.pid}). Wait for its end.`);
  writePidFile(pidFile, process.pid);
}

/** Replaces a file as a whole, readable by its owner only. */
export function writePrivate(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  chmodSync(`${file}.new`, 0o600);
  renameSync(`${file}.new`, file);
}

/**
 * The secret of that name: 32 random bytes, base64url, made once.
 * @throws Stop when the file holds something weaker, or others can read it.
 */
export function ensureSecret(stateDir: string, name: 'master' | 'postgres'): string {
  const file = path.join(statePaths(stateDir).secrets, name);
  if (!existsSync(file)) writePrivate(file, `${randomBytes(32).toString('base64url')}\n`);
  chmodSync(file, 0o600);
  const value = readFileSync(file, 'utf8').trim();
  if (Buffer.from(value, 'base64url').length < 32)
    throw new Stop(`The secret in ${file} is shorter than 32 bytes. Restore it from a backup.`);
  return value;
}

const installationSchema = z.object({ id: z.string(), tag: z.string().regex(/^[a-z0-9]{4}$/) });
/** Who this installation is, for the engines' labels: several may share one machine. */
export type Installation = z.infer<typeof installationSchema>;

export const newInstallation = (): Installation => ({ id: newId('installation'), tag: randomSuffix(4) });
export const parseInstallation = (value: unknown): Installation => installationSchema.parse(value);

/** Tells the agent, which has no database, who this installation is. */
export function writeInstallation(stateDir: string, installation: Installation): void {
  writeFileSync(statePaths(stateDir).installation, `${JSON.stringify(installation)}\n`);
}

/** The file's content; null before the first `up`. */
export function readInstallation(stateDir: string): Installation | null {
  const { installation } = statePaths(stateDir);
  return existsSync(installation) ? parseInstallation(JSON.parse(readFileSync(installation, 'utf8'))) : null;
}
