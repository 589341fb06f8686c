/**
 * What the kernel says of control groups in its own log. With control groups of version 1 it is the only lasting witness:
 * their counters are kept in the leaf, which is gone milliseconds after the step that was killed.
 */
import { closeSync, constants, openSync, readSync } from 'node:fs';

export interface KernelVerdict {
  kind: 'memory' | 'processes';
  /** Group of the process concerned, with its leading slash. */
  group: string;
}

/** Pure: one record of /dev/kmsg. The program's name, which a tenant chooses, comes after the group. */
export function readRecord(record: string): KernelVerdict | null {
  const memory = /oom-kill:constraint=[A-Z_]+,.*?task_memcg=(\/[^,\n]*),task=/.exec(record);
  if (memory?.[1]) return { kind: 'memory', group: memory[1] };
  const forks = /cgroup: fork rejected by pids controller in (\/\S*)/.exec(record);
  return forks?.[1] ? { kind: 'processes', group: forks[1] } : null;
}

export interface KernelLog {
  /** Verdicts since the last call, oldest first. */
  read(): KernelVerdict[];
  close(): void;
}

const isErrno = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

/** From now on; null where the log cannot be read. */
export function openKernelLog(): KernelLog | null {
  let descriptor: number;
  try {
    descriptor = openSync('/dev/kmsg', constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return null;
  }
  const buffer = Buffer.alloc(8192);
  const read = (): KernelVerdict[] => {
    const verdicts: KernelVerdict[] = [];
    for (;;) {
      try {
        const verdict = readRecord(buffer.toString('utf8', 0, readSync(descriptor, buffer)));
        if (verdict) verdicts.push(verdict);
      } catch (error) {
        if (isErrno(error, 'EPIPE')) continue; // older records were overwritten: go on with the oldest there is
        return verdicts;
      }
    }
  };
  read();
  return { read, close: () => closeSync(descriptor) };
}
