/** What the checks look at, read from the machine in one go. */
import { accessSync, constants, existsSync, mkdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import { run } from './run.mjs';
import { inspectPrograms, locate } from './programs.mjs';
import { belongsTo, portOwner } from './listeners.mjs';
import { readEnvironment } from './settings.mjs';

/**
 * @typedef {object} Machine
 * @property {string} platform
 * @property {string} architecture
 * @property {string} kernel
 * @property {string} node
 * @property {number} memoryMib
 * @property {number} swapMib
 * @property {number} freeDiskMib
 * @property {string} stateDir
 * @property {boolean} stateWritable
 * @property {boolean} isRoot
 * @property {boolean} hasApt
 * @property {import('./programs.mjs').ProgramState[]} programs
 * @property {{ port: number, variable: string, isChosen: boolean, takenBy: string | null }[]} ports
 */

/** @param {string} text /proc/meminfo @param {string} field @returns {number} MiB */
export const meminfo = (text, field) =>
  Math.round(Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0) / 1024);

/** Free MiB from the answer of `df -Pk`. @param {string} text */
export const freeSpace = (text) => Math.round(Number(text.trim().split('\n').at(-1)?.split(/\s+/)[3] ?? 0) / 1024);

const portVariables = [
  ['SLIPWAY_HTTP_PORT', 80],
  ['SLIPWAY_HTTPS_PORT', 443],
  ['SLIPWAY_SSH_PORT', 2222],
];

/** @param {string} stateDir @returns {Machine['ports']} */
function inspectPorts(stateDir) {
  const settings = { ...readEnvironment(stateDir), ...process.env };
  return portVariables.map(([name, standard]) => {
    const variable = String(name);
    const port = Number(settings[variable] || standard);
    const owner = portOwner(port);
    const ours = !owner || belongsTo(owner, stateDir);
    const isChosen = Boolean(settings[variable]);
    return {
      port,
      variable,
      isChosen,
      takenBy: ours ? null : owner.pid ? `${owner.name} (process ${owner.pid})` : owner.name,
    };
  });
}

/** @param {string} folder */
function isWritable(folder) {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o711 });
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * @param {{ stateDir: string, programs: readonly import('./programs.mjs').Program[] }} options
 * @returns {Promise<Machine>}
 */
export async function inspectMachine({ stateDir, programs }) {
  const memory = existsSync('/proc/meminfo') ? readFileSync('/proc/meminfo', 'utf8') : '';
  const stateWritable = isWritable(stateDir);
  const [found, disk] = await Promise.all([
    inspectPrograms(programs),
    run('df', ['-Pk', stateWritable ? stateDir : '/']),
  ]);
  return {
    platform: process.platform,
    architecture: process.arch,
    kernel: os.release(),
    node: process.versions.node,
    memoryMib: meminfo(memory, 'MemTotal'),
    swapMib: meminfo(memory, 'SwapTotal'),
    freeDiskMib: freeSpace(disk.output),
    stateDir,
    stateWritable,
    isRoot: process.getuid?.() === 0,
    hasApt: locate('apt-get') !== null,
    programs: found,
    ports: inspectPorts(stateDir),
  };
}
