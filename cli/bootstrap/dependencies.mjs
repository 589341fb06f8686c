/** The locked npm packages, Node 24 among them. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { run } from './run.mjs';
import { Stop } from './screen.mjs';

/**
 * @typedef {{ packages?: Record<string, { version?: string, optional?: boolean, devOptional?: boolean, link?: boolean }> }} Lock
 */

/**
 * True when what is installed is what the lockfile says: every package in its version, none too many. Packages for other
 * platforms are optional and may be absent.
 * @param {Lock} locked package-lock.json @param {Lock | null} installed node_modules/.package-lock.json
 */
export function isInstalled(locked, installed) {
  if (!installed) return false;
  const wanted = locked.packages ?? {};
  const present = installed.packages ?? {};
  const complete = Object.entries(wanted).every(([name, entry]) => {
    if (name === '' || entry.link) return true;
    const found = present[name];
    return found ? found.version === entry.version : entry.optional === true || entry.devOptional === true;
  });
  return complete && Object.keys(present).every((name) => name in wanted);
}

/** @param {string} file @returns {Lock | null} */
const readLock = (file) => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null);

/** @param {string} root @returns {boolean} */
export function dependenciesAreCurrent(root) {
  const locked = readLock(path.join(root, 'package-lock.json'));
  if (!locked) throw new Stop('package-lock.json is missing. Clone the repository again.');
  return (
    existsSync(path.join(root, 'node_modules/.bin/node')) &&
    isInstalled(locked, readLock(path.join(root, 'node_modules/.package-lock.json')))
  );
}

/** @param {string} root */
export async function installDependencies(root) {
  const { code, output } = await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: root });
  if (code === 0 && existsSync(path.join(root, 'node_modules/.bin/node'))) return;
  throw new Stop(`npm ci did not succeed. Its last words:\n${output.trim().split('\n').slice(-15).join('\n')}`);
}
