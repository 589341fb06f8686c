import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findCgroups } from '#server/build/cgroup.ts';

/** Folders and files as the kernel lays them out; what the kernel does with them the live tests of the builder see. */
let root: string;
const write = async (name: string, text: string): Promise<void> => {
  await mkdir(path.dirname(path.join(root, name)), { recursive: true });
  await writeFile(path.join(root, name), text);
};
const read = (name: string): Promise<string> => readFile(path.join(root, name), 'utf8');
const limits = { memoryBytes: 1_048_576, cpuMillis: 1500, processes: 64, cpuShares: 256 };

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'slw-cgroup-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

describe('control groups of version 2', () => {
  beforeEach(() => write('cgroup.controllers', 'cpuset cpu io memory pids\n'));

  it('get limits in their own units, and controllers down to them', async () => {
    const cgroups = await findCgroups(root);
    await cgroups?.ensure('slipway/builds/one', limits);
    expect(cgroups?.version).toBe(2);
    const files = ['memory.max', 'memory.swap.max', 'cpu.max', 'cpu.weight', 'pids.max'];
    const values = await Promise.all(files.map((file) => read(`slipway/builds/one/${file}`)));
    expect(values).toEqual(['1048576', '0', '150000 100000', '25', '64']);
    expect(await read('slipway/builds/cgroup.subtree_control')).toBe('+memory +cpu +pids');
  });

  it('tell kills and refused forks of the whole tree', async () => {
    const cgroups = await findCgroups(root);
    await write('build/memory.events', 'low 0\nmax 7\noom 2\noom_kill 1\n');
    await write('build/pids.events', 'max 0\n');
    await write('build/step/pids.events', 'max 12\n');
    expect(await cgroups?.facts('build')).toEqual({ memoryKills: 1, refusedForks: 12 });
  });

  it('are none where a controller is missing', async () => {
    await write('cgroup.controllers', 'cpu memory\n');
    expect(await findCgroups(root)).toBeNull();
  });
});

describe('control groups of version 1', () => {
  beforeEach(async () => {
    for (const controller of ['memory', 'cpu', 'pids']) await write(`${controller}/cgroup.procs`, '1\n');
  });

  it('get the same limits, each from its controller', async () => {
    const cgroups = await findCgroups(root);
    await cgroups?.ensure('slipway/builds/one', limits);
    expect(cgroups?.version).toBe(1);
    const files = ['memory/X/memory.limit_in_bytes', 'cpu/X/cpu.cfs_quota_us', 'cpu/X/cpu.shares', 'pids/X/pids.max'];
    const values = await Promise.all(files.map((file) => read(file.replace('X', 'slipway/builds/one'))));
    expect(values).toEqual(['1048576', '150000', '256', '64']);
  });

  it('tell kills and refused forks from the leaves, where this version keeps them', async () => {
    const cgroups = await findCgroups(root);
    await write('memory/build/a/memory.oom_control', 'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n');
    await write('pids/build/a/pids.events', 'max 3\n');
    expect(await cgroups?.facts('build')).toEqual({ memoryKills: 1, refusedForks: 3 });
  });
});
