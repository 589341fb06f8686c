/** One line per thing that a machine needs. Pure: facts in, lines out; each failing line has the command that mends it. */
import { isAtLeast, versionIn } from './programs.mjs';

/**
 * @typedef {import('./machine.mjs').Machine} Machine
 * @typedef {{ mark: 'pass' | 'fail' | 'note', name: string, detail: string, mend?: string }} Check
 */

const gib = (/** @type {number} */ mib) => `${(mib / 1024).toFixed(1)} GB`;
/** Oldest Docker with the fixes that hold tenants apart who do not trust each other. */
const trustedEngine = '29.3.1';
const swapFile = 'fallocate -l 2G /swapfile && chmod 600 /swapfile && mkswap /swapfile && swapon /swapfile';

/** @param {Machine} machine @returns {Check} */
function system({ platform, architecture, kernel, node }) {
  const name = 'system';
  const detail = `${platform} ${kernel} on ${architecture}, Node ${node}`;
  if (platform !== 'linux') return { mark: 'fail', name, detail, mend: 'use a Debian 12 or Ubuntu machine' };
  if (architecture !== 'x64' && architecture !== 'arm64')
    return { mark: 'fail', name, detail, mend: 'use a machine with x64 or arm64' };
  if (!isAtLeast(versionIn(kernel) ?? '0', '5.4'))
    return { mark: 'fail', name, detail: `${detail}; kernel 5.4 is needed`, mend: 'apt-get dist-upgrade && reboot' };
  return { mark: 'pass', name, detail };
}

/** @param {Machine} machine @returns {Check} */
function memory({ memoryMib, swapMib }) {
  const detail = `${gib(memoryMib)}${swapMib ? ` and ${gib(swapMib)} swap` : ''}`;
  const enough = memoryMib + swapMib >= 1900; // a "2 GB" machine shows a little less than 2048
  return enough
    ? { mark: 'pass', name: 'memory', detail }
    : { mark: 'fail', name: 'memory', detail: `${detail}; 2 GB, or swap, is needed`, mend: swapFile };
}

/** @param {Machine} machine @returns {Check} */
function disk({ freeDiskMib, stateDir, stateWritable }) {
  const name = 'disk';
  if (!stateWritable)
    return { mark: 'fail', name, detail: `${stateDir} is not writable`, mend: 'SLIPWAY_STATE=/var/lib/slipway ./up' };
  const detail = `${gib(freeDiskMib)} free for ${stateDir}`;
  if (freeDiskMib < 5 * 1024)
    return {
      mark: 'fail',
      name,
      detail: `${detail}; 5 GB is needed`,
      mend: 'SLIPWAY_STATE=/a/larger/disk/slipway ./up',
    };
  if (freeDiskMib < 15 * 1024) return { mark: 'note', name, detail: `${detail}; builds fill 15 GB soon` };
  return { mark: 'pass', name, detail };
}

/** @param {Machine} machine @returns {Check} */
function rights({ isRoot }) {
  return isRoot
    ? { mark: 'pass', name: 'rights', detail: 'root' }
    : {
        mark: 'fail',
        name: 'rights',
        detail: 'root is needed for the firewall, the builder and ports 80 and 443',
        mend: 'sudo ./up',
      };
}

/** @param {Machine} machine @returns {Check[]} */
function programs({ programs: states, isRoot, hasApt }) {
  const name = 'programs';
  const old = states.filter((state) => state.tooOld);
  const missing = missingPackages(states);
  /** @type {Check[]} */
  const lines = old.map(({ program, version }) => ({
    mark: 'fail',
    name,
    detail: `${program.command} ${version ?? ''} is older than ${program.version?.atLeast ?? ''}`,
    mend: `install ${program.apt} from a newer release of the distribution, for example Debian 12`,
  }));
  if (missing.length > 0 && isRoot && hasApt)
    lines.push({ mark: 'note', name, detail: `apt installs ${missing.join(' ')}` });
  else if (missing.length > 0)
    lines.push({
      mark: 'fail',
      name,
      detail: `missing: ${missing.join(' ')}`,
      mend: `sudo apt-get install --no-install-recommends ${missing.join(' ')}`,
    });
  if (lines.length > 0) return lines;
  const shown = states.filter((state) => state.version).map(({ program, version }) => `${program.command} ${version}`);
  return [{ mark: 'pass', name, detail: shown.join(', ') }];
}

/**
 * An old engine works, but its isolation has known holes that only newer versions mend.
 * @param {Machine} machine @returns {Check[]}
 */
function engine({ programs: states }) {
  const version = states.find(({ program }) => program.command === 'dockerd')?.version;
  if (!version || isAtLeast(version, trustedEngine)) return [];
  const detail = `Docker ${version} is for tenants who trust each other; for others install ${trustedEngine} or newer`;
  return [{ mark: 'note', name: 'engine', detail }];
}

/** @param {Machine['programs']} states @returns {string[]} apt packages */
export const missingPackages = (states) => [
  ...new Set(states.filter((state) => !state.found).map((state) => state.program.apt)),
];

/**
 * A taken standard port is no failure: the first `up` moves to others. One that was chosen is, because URLs hold it.
 * @param {Machine} machine @returns {Check}
 */
function ports({ ports: states }) {
  const name = 'ports';
  const taken = states.filter((state) => state.takenBy);
  if (taken.length === 0) return { mark: 'pass', name, detail: states.map(({ port }) => port).join(', ') };
  const detail = taken.map(({ port, takenBy }) => `${port} is taken by ${takenBy}`).join(', ');
  const chosen = taken.filter((state) => state.isChosen);
  if (chosen.length === 0) return { mark: 'note', name, detail: `${detail}: Slipway uses other ports` };
  const others = chosen.map(({ variable, port }) => `${variable}=${port < 1024 ? port + 8000 : port + 1}`).join(' ');
  return { mark: 'fail', name, detail, mend: `stop it, or: ${others} ./up` };
}

/** @param {Machine} machine @returns {Check[]} */
export const checkMachine = (machine) => [
  system(machine),
  memory(machine),
  disk(machine),
  rights(machine),
  ...programs(machine),
  ...engine(machine),
  ports(machine),
];
