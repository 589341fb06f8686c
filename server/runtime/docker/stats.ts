/** Counters of a container from its cgroup's files, version 1 or 2: a round over many costs the engine nothing. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { InstanceStats } from '#server/runtime/types.ts';

const root = '/sys/fs/cgroup';
type Counters = Omit<InstanceStats, 'instanceId'>;

/**
 * @param pid main process on this machine. Null when it is gone meanwhile.
 * @param containerId names the cgroup; a process of another container under a reused number is not taken for it.
 */
export async function readCounters(pid: number, containerId: string): Promise<Counters | null> {
  const content = await text(`/proc/${pid}/cgroup`);
  if (!content.includes(containerId)) return null;
  const groups = parseGroups(content);
  const memory = groups.get('memory');
  const counters = memory === undefined ? await version2(groups.get('') ?? '') : await version1(groups, memory);
  return Object.values(counters).every(Number.isFinite) ? counters : null;
}

/** `/proc/<pid>/cgroup` → controller → path; the one of version 2 has no controller. */
export function parseGroups(content: string): Map<string, string> {
  const groups = new Map<string, string>();
  for (const line of content.split('\n')) {
    const [, controllers, ...rest] = line.split(':');
    for (const controller of controllers?.split(',') ?? []) groups.set(controller, rest.join(':'));
  }
  return groups;
}

async function version1(groups: Map<string, string>, memory: string): Promise<Counters> {
  const file = (controller: string, group: string, name: string): Promise<string> =>
    text(path.join(root, controller, group, name));
  const [usage, limit, stat, cpu, processes] = await Promise.all([
    file('memory', memory, 'memory.usage_in_bytes'),
    file('memory', memory, 'memory.limit_in_bytes'),
    file('memory', memory, 'memory.stat'),
    file('cpuacct', groups.get('cpuacct') ?? '', 'cpuacct.usage'),
    file('pids', groups.get('pids') ?? '', 'pids.current'),
  ]);
  return {
    cpuMicros: Math.floor(number(cpu) / 1000),
    memoryBytes: number(usage) - (field(stat, 'total_inactive_file') ?? 0),
    memoryLimitBytes: number(limit),
    processes: number(processes),
  };
}

async function version2(group: string): Promise<Counters> {
  const file = (name: string): Promise<string> => text(path.join(root, group, name));
  const [usage, limit, stat, cpu, processes] = await Promise.all([
    file('memory.current'),
    file('memory.max'),
    file('memory.stat'),
    file('cpu.stat'),
    file('pids.current'),
  ]);
  return {
    cpuMicros: field(cpu, 'usage_usec') ?? Number.NaN,
    memoryBytes: number(usage) - (field(stat, 'inactive_file') ?? 0),
    memoryLimitBytes: number(limit),
    processes: number(processes),
  };
}

const number = (content: string): number => (content === '' ? Number.NaN : Number(content.trim()));
const field = (content: string, name: string): number | undefined => {
  const line = content.split('\n').find((candidate) => candidate.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
};
/** Page cache that the kernel can drop is not counted as used. An unreadable file reads as empty: the process ended. */
const text = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '');
