/**
 * Control groups by files, versions 1 and 2 alike. A group's path is relative to the controllers' roots, so one name
 * serves both; limits and facts are told in our units.
 */
import { mkdir, readFile, readdir, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

export interface GroupLimits {
  memoryBytes?: number;
  cpuMillis?: number;
  processes?: number;
  /** Share against the rest of the machine; 1024 is everybody's default. */
  cpuShares?: number;
}

/** Facts of a group and all below it. Version 1 counts only in leaves that still exist; the kernel's log has the rest. */
export interface GroupFacts {
  memoryKills: number;
  refusedForks: number;
}

export interface Cgroups {
  version: 1 | 2;
  /** Makes the group with its parents and sets the limits given. */
  ensure(group: string, limits: GroupLimits): Promise<void>;
  /** Moves a whole process into the group. */
  add(group: string, pid: number): Promise<void>;
  /** Names of the groups directly below. */
  children(group: string): Promise<string[]>;
  /** Pids in the group and below. */
  pids(group: string): Promise<number[]>;
  facts(group: string): Promise<GroupFacts>;
  /** SIGKILLs everything in the group and below, and removes it. Resolves when it is gone, or after two seconds. */
  destroy(group: string): Promise<void>;
}

const systemRoot = '/sys/fs/cgroup';
const controllers1 = ['memory', 'cpu', 'pids'];

const text = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '');
const folders = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { withFileTypes: true }).catch(() => [])).flatMap((entry) =>
    entry.isDirectory() ? [entry.name] : [],
  );
const counter = (content: string, key: string): number =>
  Number(new RegExp(`^${key} (\\d+)$`, 'm').exec(content)?.[1] ?? 0);

function files1(limits: GroupLimits): [string, string, string][] {
  const files: [string, string, string][] = [];
  if (limits.memoryBytes !== undefined) {
    files.push(['memory', 'memory.use_hierarchy', '1']);
    files.push(['memory', 'memory.memsw.limit_in_bytes', '-1']); // must not be below the next one while that is raised
    files.push(['memory', 'memory.limit_in_bytes', String(limits.memoryBytes)]);
    files.push(['memory', 'memory.memsw.limit_in_bytes', String(limits.memoryBytes)]);
  }
  if (limits.cpuMillis !== undefined) files.push(['cpu', 'cpu.cfs_quota_us', String(limits.cpuMillis * 100)]);
  if (limits.cpuShares !== undefined) files.push(['cpu', 'cpu.shares', String(limits.cpuShares)]);
  if (limits.processes !== undefined) files.push(['pids', 'pids.max', String(limits.processes)]);
  return files;
}
function files2(limits: GroupLimits): [string, string][] {
  const files: [string, string][] = [];
  if (limits.memoryBytes !== undefined) {
    files.push(['memory.max', String(limits.memoryBytes)], ['memory.swap.max', '0']);
  }
  if (limits.cpuMillis !== undefined) files.push(['cpu.max', `${String(limits.cpuMillis * 100)} 100000`]);
  if (limits.cpuShares !== undefined)
    files.push(['cpu.weight', String(Math.max(1, Math.round(limits.cpuShares / 10.24)))]);
  if (limits.processes !== undefined) files.push(['pids.max', String(limits.processes)]);
  return files;
}
/** Files that not every kernel has, and that change nothing essential. */
const optionalFiles = new Set(['memory.use_hierarchy', 'memory.memsw.limit_in_bytes', 'memory.swap.max']);

async function put(file: string, value: string): Promise<void> {
  await writeFile(file, value).catch((error: unknown) => {
    if (!optionalFiles.has(path.basename(file))) throw error;
  });
}

/** Group folders below `folder`, deepest first, itself last. */
async function tree(folder: string): Promise<string[]> {
  const below = await Promise.all((await folders(folder)).map((name) => tree(path.join(folder, name))));
  return [...below.flat(), folder];
}

async function pidsIn(folder: string): Promise<number[]> {
  const listed = await Promise.all((await tree(folder)).map((each) => text(path.join(each, 'cgroup.procs'))));
  return [...new Set(listed.join('\n').split('\n').filter(Boolean).map(Number))].filter((pid) => pid > 1);
}

function kill(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // it ended by itself
    }
  }
}

async function destroyTrees(tops: readonly string[]): Promise<void> {
  for (let round = 0; round < 40; round += 1) {
    // A fork bomb outruns one pass; the kernel's own kill (version 2) or repeated passes do not leave anything.
    for (const top of tops) await writeFile(path.join(top, 'cgroup.kill'), '1').catch(() => undefined);
    for (const top of tops) kill(await pidsIn(top));
    for (const top of tops) for (const each of await tree(top)) await rmdir(each).catch(() => undefined);
    const left = await Promise.all(tops.map(async (top) => (await readdir(top).catch(() => [])).length > 0));
    if (!left.includes(true)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function version1(root: string, controllers: readonly string[]): Cgroups {
  const at = (controller: string, group: string): string => path.join(root, controller, group);
  const everywhere = (group: string): string[] => controllers.map((controller) => at(controller, group));
  return {
    version: 1,
    async ensure(group, limits) {
      for (const folder of everywhere(group)) await mkdir(folder, { recursive: true });
      for (const [controller, file, value] of files1(limits)) await put(path.join(at(controller, group), file), value);
    },
    async add(group, pid) {
      for (const folder of everywhere(group)) await writeFile(path.join(folder, 'cgroup.procs'), String(pid));
    },
    children: (group) => folders(at('memory', group)),
    pids: (group) => pidsIn(at('pids', group)),
    async facts(group) {
      const ooms = await Promise.all(
        (await tree(at('memory', group))).map((each) => text(path.join(each, 'memory.oom_control'))),
      );
      const forks = await Promise.all(
        (await tree(at('pids', group))).map((each) => text(path.join(each, 'pids.events'))),
      );
      const sum = (texts: readonly string[], key: string): number =>
        texts.reduce((total, each) => total + counter(each, key), 0);
      return { memoryKills: sum(ooms, 'oom_kill'), refusedForks: sum(forks, 'max') };
    },
    // Container runtimes make the group in every hierarchy, so it must go from all of them.
    destroy: async (group) => destroyTrees((await folders(root)).map((hierarchy) => at(hierarchy, group))),
  };
}

function version2(root: string): Cgroups {
  const at = (group: string): string => path.join(root, group);
  return {
    version: 2,
    async ensure(group, limits) {
      let folder = root;
      for (const part of group.split('/')) {
        await writeFile(path.join(folder, 'cgroup.subtree_control'), '+memory +cpu +pids');
        folder = path.join(folder, part);
        await mkdir(folder, { recursive: true });
      }
      for (const [file, value] of files2(limits)) await put(path.join(folder, file), value);
    },
    add: (group, pid) => writeFile(path.join(at(group), 'cgroup.procs'), String(pid)),
    children: (group) => folders(at(group)),
    pids: (group) => pidsIn(at(group)),
    async facts(group) {
      const [memory, processes] = await Promise.all([
        text(path.join(at(group), 'memory.events')),
        text(path.join(at(group), 'pids.events')),
      ]);
      // Before 6.11 the count of refused forks stays in the leaf.
      const leaves = await Promise.all((await tree(at(group))).map((each) => text(path.join(each, 'pids.events'))));
      const most = Math.max(counter(processes, 'max'), ...leaves.map((each) => counter(each, 'max')));
      return { memoryKills: counter(memory, 'oom_kill'), refusedForks: most };
    },
    destroy: (group) => destroyTrees([at(group)]),
  };
}

/** The machine's control groups with the three controllers that limits need; null when it has none that we may write. */
export async function findCgroups(root: string = systemRoot): Promise<Cgroups | null> {
  const unified = await text(path.join(root, 'cgroup.controllers'));
  if (unified !== '') return ['memory', 'cpu', 'pids'].every((name) => unified.includes(name)) ? version2(root) : null;
  const present = await Promise.all(
    controllers1.map(async (name) => (await text(path.join(root, name, 'cgroup.procs'))) !== ''),
  );
  return present.includes(false) ? null : version1(root, controllers1);
}
