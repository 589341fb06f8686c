/** Proportional set size of everything that Slipway runs, from the kernel's own sums; PostgreSQL and the engines beside it. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Figure } from './figure.ts';

interface Process {
  pid: number;
  parent: number;
  name: string;
  command: string;
}

function listProcesses(): Process[] {
  return readdirSync('/proc').filter((entry) => /^\d+$/u.test(entry)).flatMap((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const rest = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      return [{ pid: Number(pid), parent: Number(rest[1]), name: stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')')), command }];
    } catch {
      return []; // it ended while we looked
    }
  }); // prettier-ignore
}

function pssMb(pid: number): number {
  try {
    const kilobytes = /^Pss:\s+(\d+)/mu.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
    return Number(kilobytes ?? 0) / 1000;
  } catch {
    return 0;
  }
}

function withChildren(all: readonly Process[], roots: readonly Process[]): Process[] {
  const chosen = new Set(roots.map(({ pid }) => pid));
  for (let grew = true; grew;) {
    grew = false;
    for (const entry of all) {
      if (chosen.has(entry.pid) || !chosen.has(entry.parent)) continue;
      chosen.add(entry.pid);
      grew = true;
    }
  }
  return all.filter(({ pid }) => chosen.has(pid));
}

/** @param stateDir absolute; its path stands in the command line or the pid files of what belongs to the installation. */
export async function benchMemory(stateDir: string, idleMs: number): Promise<Figure[]> {
  await new Promise((resolve) => setTimeout(resolve, idleMs));
  const all = listProcesses();
  const pidOf = (file: string): number =>
    Number(
      readFileSync(path.join(stateDir, 'run', file), 'utf8')
        .trim()
        .split(/\s/u)[0],
    );
  const supervisor = all.filter(({ pid }) => pid === pidOf('supervisor.pid'));
  const edge = all.filter(({ name, command }) => name === 'haproxy' && command.includes(stateDir));
  const postgres = all.filter(({ name, command }) => name === 'postgres' && command.includes(stateDir));
  const engines = all.filter(({ name }) => name === 'dockerd' || name === 'containerd');
  const sum = (roots: readonly Process[]): number =>
    withChildren(all, roots).reduce((total, { pid }) => total + pssMb(pid), 0);
  const own = (name: string, samples: number[], note?: string): Figure => ({
    name,
    unit: 'MB',
    samples,
    judged: 'value',
    ...(note ? { note } : {}),
  });
  const parts = withChildren(all, supervisor).map(
    ({ pid, command }) =>
      `${path.basename(command.split(' ').find((word) => /\.(m?js|ts)$/u.test(word)) ?? command)} ${Math.round(pssMb(pid))}`,
  );
  return [
    own(
      'memory of all Slipway processes and HAProxy',
      [sum(supervisor) + sum(edge)],
      `${parts.join(', ')}, haproxy ${Math.round(sum(edge))}; after ${idleMs / 60_000} idle minutes`,
    ),
    own('memory of PostgreSQL beside it', [sum(postgres)]),
    own('memory of the engines beside it', [engines.reduce((total, { pid }) => total + pssMb(pid), 0)]),
  ];
}
