/**
 * `<state>/environment`: `NAME=value` lines that hold what `up` decided and what the operator set. A variable of the
 * calling shell wins over the file, and the next `up` writes it there.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../..');

/** Absolute path of the state folder. @param {Record<string, string | undefined>} [env] */
export const stateFolder = (env = process.env) => path.resolve(root, env['SLIPWAY_STATE'] || '.slipway');

/** @param {string} text @returns {Record<string, string>} */
export function parseEnvironment(text) {
  /** @type {Record<string, string>} */
  const values = {};
  for (const line of text.split('\n')) {
    const match = /^\s*([A-Z][A-Z0-9_]*)=(.*)$/.exec(line);
    if (match) values[/** @type {string} */ (match[1])] = /** @type {string} */ (match[2]).trim();
  }
  return values;
}

/** The file's values; none before the first `up`. @param {string} stateDir */
export function readEnvironment(stateDir) {
  try {
    return parseEnvironment(readFileSync(path.join(stateDir, 'environment'), 'utf8'));
  } catch {
    return {};
  }
}
