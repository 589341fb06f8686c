/** What the machine has for more instances. */
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { AppError } from '#server/errors.ts';
import type { Capacity, CapacityReader } from '#server/runtime/types.ts';

/** `MemAvailable`: what can be given out without swapping, cache that can be dropped included. */
export function parseMemory(meminfo: string): Pick<Capacity, 'memoryTotalMib' | 'memoryFreeMib'> {
  const mib = (name: string): number => {
    const kib = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(meminfo)?.[1];
    if (kib === undefined) throw new AppError('unavailable', 'The memory of the machine cannot be read.');
    return Math.floor(Number(kib) / 1024);
  };
  return { memoryTotalMib: mib('MemTotal'), memoryFreeMib: mib('MemAvailable') };
}

export class HostCapacity implements CapacityReader {
  async capacity(signal: AbortSignal): Promise<Capacity> {
    if (signal.aborted) throw new AppError('aborted', 'Cancelled.', { cause: signal.reason });
    const memory = parseMemory(await readFile('/proc/meminfo', 'utf8'));
    return { ...memory, cpuMillis: availableParallelism() * 1000 };
  }
}
