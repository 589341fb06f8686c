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
  const [own, traffic] = await Promise.all([
    memory === undefined ? version2(groups.get('') ?? '') : version1(groups, memory),
    text(`/proc/${pid}/net/dev`).then(parseTraffic),
  ]);
  const counters = { ...own, ...traffic };
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

type Traffic = Pick<Counters, 'receivedBytes' | 'sentBytes'>;
/** Bytes over all interfaces but loopback, from `/proc/<pid>/net/dev`. */
export function parseTraffic(content: string): Traffic {
  const total: Traffic = { receivedBytes: 0, sentBytes: 0 };
  for (const line of content.split('\n')) {
    const [name = '', counters = ''] = line.split(':');
    if (counters === '' || name.trim() === 'lo') continue;
    const fields = counters.trim().split(/\s+/).map(Number);
    total.receivedBytes += fields[0] ?? 0;
    total.sentBytes += fields[8] ?? 0;
  }
  return total;
}

type Disk = Pick<Counters, 'readBytes' | 'writtenBytes'>;
/** Version 1: lines `8:0 Read 4096`; version 2: `8:0 rbytes=4096 wbytes=0 …`. Several devices add up. */
export function parseDisk(content: string): Disk {
  const sum = (pattern: RegExp): number =>
    [...content.matchAll(pattern)].reduce((bytes, [, value]) => bytes + Number(value), 0);
  return { readBytes: sum(/(?:Read |rbytes=)(\d+)/g), writtenBytes: sum(/(?:Write |wbytes=)(\d+)/g) };
}

async function version1(groups: Map<string, string>, memory: string): Promise<Omit<Counters, keyof Traffic>> {
  const file = (controller: string, group: string, name: string): Promise<string> =>
    text(path.join(root, controller, group, name));
  const [usage, limit, stat, cpu, processes, disk] = await Promise.all([
    file('memory', memory, 'memory.usage_in_bytes'),
    file('memory', memory, 'memory.limit_in_bytes'),
    file('memory', memory, 'memory.stat'),
    file('cpuacct', groups.get('cpuacct') ?? '', 'cpuacct.usage'),
    file('pids', groups.get('pids') ?? '', 'pids.current'),
    file('blkio', groups.get('blkio') ?? '', 'blkio.throttle.io_service_bytes'),
  ]);
  return {
    cpuMicros: Math.floor(number(cpu) / 1000),
    memoryBytes: number(usage) - (field(stat, 'total_inactive_file') ?? 0),
    memoryLimitBytes: number(limit),
    processes: number(processes),
    ...parseDisk(disk),
  };
}

async function version2(group: string): Promise<Omit<Counters, keyof Traffic>> {
  const file = (name: string): Promise<string> => text(path.join(root, group, name));
  const [usage, limit, stat, cpu, processes, disk] = await Promise.all([
    file('memory.current'),
    file('memory.max'),
    file('memory.stat'),
    file('cpu.stat'),
    file('pids.current'),
    file('io.stat'),
  ]);
  return {
    cpuMicros: field(cpu, 'usage_usec') ?? Number.NaN,
    memoryBytes: number(usage) - (field(stat, 'inactive_file') ?? 0),
    memoryLimitBytes: number(limit),
    processes: number(processes),
    ...parseDisk(disk),
  };
}

const number = (content: string): number => (content === '' ? Number.NaN : Number(content.trim()));
const field = (content: string, name: string): number | undefined => {
  const line = content.split('\n').find((candidate) => candidate.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
};
/** Page cache that the kernel can drop is not counted as used. An unreadable file reads as empty: the process ended. */
const text = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '');
