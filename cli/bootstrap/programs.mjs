/** The programs that Slipway needs, the Debian packages that bring them, and how they are installed. */
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { run } from './run.mjs';

/**
 * @typedef {object} Program
 * @property {string} command
 * @property {string} apt the package that brings it on Debian and Ubuntu
 * @property {{ args: string[], atLeast: string }} [version]
 */

/** @type {readonly Program[]} */
export const platformPrograms = [
  { command: 'dockerd', apt: 'docker.io', version: { args: ['--version'], atLeast: '20.10' } },
  { command: 'iptables', apt: 'iptables' },
  { command: 'haproxy', apt: 'haproxy', version: { args: ['-v'], atLeast: '2.6' } },
  { command: 'git', apt: 'git', version: { args: ['--version'], atLeast: '2.30' } },
  { command: 'nft', apt: 'nftables' },
  { command: 'ip', apt: 'iproute2' },
  { command: 'mmdebstrap', apt: 'mmdebstrap' },
  { command: 'mkfs.ext4', apt: 'e2fsprogs' },
  { command: 'nsenter', apt: 'util-linux' },
  { command: 'losetup', apt: 'mount' },
  { command: 'openssl', apt: 'openssl' },
  { command: 'ssh-keygen', apt: 'openssh-client' },
  { command: 'g++', apt: 'g++' }, // the session helper; ssh2's native part, with the next two
  { command: 'make', apt: 'make' },
  { command: 'python3', apt: 'python3-minimal' },
];
/** What the test suites need beside it. @type {readonly Program[]} */
export const testPrograms = [
  { command: 'chromium', apt: 'chromium' },
  { command: 'ssh', apt: 'openssh-client' },
  { command: 'rsync', apt: 'rsync' },
  { command: 'sshfs', apt: 'sshfs' },
];
/** What the fault suite needs beside both: a clock that is wrong. @type {readonly Program[]} */
export const faultPrograms = [{ command: 'faketime', apt: 'faketime' }];
/** What the benchmarks need beside both. @type {readonly Program[]} */
export const benchPrograms = [
  { command: 'wrk', apt: 'wrk' },
  { command: 'sshd', apt: 'openssh-server' },
];

const systemFolders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
/** PATH with the system's own folders, which a plain user's shell and cron leave out. */
export const searchPath = [
  ...new Set([...(process.env['PATH'] ?? '').split(':'), ...systemFolders].filter(Boolean)),
].join(':');

/** @param {string} command @returns {string | null} */
export function locate(command) {
  for (const folder of searchPath.split(':')) {
    const file = path.join(folder, command);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      continue;
    }
  }
  return null;
}

/** The first version number in a program's answer. @param {string} text @returns {string | null} */
export const versionIn = (text) => /\d+\.\d+(?:\.\d+)?/.exec(text)?.[0] ?? null;

/** @param {string} version @param {string} atLeast */
export function isAtLeast(version, atLeast) {
  const [have, want] = [version, atLeast].map((text) => text.split('.').map(Number));
  for (const [index, wanted] of (want ?? []).entries()) {
    const found = have?.[index] ?? 0;
    if (found !== wanted) return found > wanted;
  }
  return true;
}

/**
 * @typedef {{ program: Program, found: boolean, version: string | null, tooOld: boolean }} ProgramState
 * @param {readonly Program[]} programs
 * @returns {Promise<ProgramState[]>}
 */
export function inspectPrograms(programs) {
  return Promise.all(
    programs.map(async (program) => {
      const file = locate(program.command);
      if (!file) return { program, found: false, version: null, tooOld: false };
      if (!program.version) return { program, found: true, version: null, tooOld: false };
      const version = versionIn((await run(file, program.version.args)).output);
      return { program, found: true, version, tooOld: !version || !isAtLeast(version, program.version.atLeast) };
    }),
  );
}

/**
 * Installs packages with apt. The package lists are fetched only when a package is not known or not to be had.
 * @param {readonly string[]} packages
 * @returns {Promise<{ ok: boolean, output: string }>}
 */
export async function aptInstall(packages) {
  const env = { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' };
  const install = () => run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...packages], { env });
  const first = await install();
  if (first.code === 0) return { ok: true, output: first.output };
  await run('apt-get', ['update', '-q'], { env });
  const second = await install();
  return { ok: second.code === 0, output: second.output };
}
