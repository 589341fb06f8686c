/** Who listens on a TCP port of this machine, read from /proc. */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/**
 * Socket inodes that listen on a port, from the text of /proc/net/tcp or tcp6.
 * @param {string} table @param {number} port @returns {string[]}
 */
export function listeningInodes(table, port) {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  return table
    .split('\n')
    .slice(1)
    .map((row) => row.trim().split(/\s+/))
    .filter((columns) => columns[1]?.endsWith(`:${wanted}`) && columns[3] === '0A')
    .map((columns) => columns[9] ?? '');
}

/** @param {string} file */
const read = (file) => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // the process ended, or it is not ours to look at
  }
};
/** @param {string} link */
const target = (link) => {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
};
/** @param {string} folder */
const list = (folder) => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

/**
 * The process that listens on the port on any address; null when nobody does. `pid` is 0 when it belongs to another user.
 * @param {number} port
 * @returns {{ pid: number, name: string, commandLine: string } | null}
 */
export function portOwner(port) {
  const inodes = ['tcp', 'tcp6'].flatMap((table) => listeningInodes(read(`/proc/net/${table}`), port));
  if (inodes.length === 0) return null;
  const sockets = new Set(inodes.map((inode) => `socket:[${inode}]`));
  for (const pid of list('/proc').filter((name) => /^\d+$/.test(name))) {
    const holds = list(`/proc/${pid}/fd`).some((fd) => sockets.has(target(`/proc/${pid}/fd/${fd}`)));
    if (!holds) continue;
    const commandLine = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
    return { pid: Number(pid), name: read(`/proc/${pid}/comm`).trim(), commandLine };
  }
  return { pid: 0, name: 'another program', commandLine: '' };
}

/**
 * True when the process belongs to the installation of this state folder: its command line names the folder, or it
 * works below it.
 * @param {{ pid: number, commandLine: string }} owner @param {string} stateDir
 */
export const belongsTo = (owner, stateDir) =>
  owner.commandLine.includes(stateDir) || `${target(`/proc/${owner.pid}/cwd`)}/`.startsWith(`${stateDir}/`);
