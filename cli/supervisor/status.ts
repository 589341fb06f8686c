/** `<state>/run/status.json`: what the supervisor sees, for `up` and for whoever looks. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod/mini';

const processStatus = z.object({
  state: z.enum(['starting', 'ready', 'waiting', 'stopped']),
  pid: z.nullable(z.number()),
  /** Ends since the supervisor started. */
  restarts: z.number(),
});
export const statusSchema = z.object({
  /** Process id of the supervisor that wrote this: an earlier one's word says nothing about now. */
  supervisor: z.number(),
  /** Version and configuration of what runs. */
  fingerprint: z.string(),
  processes: z.record(z.string(), processStatus),
});
export type ProcessStatus = z.infer<typeof processStatus>;
export type Status = z.infer<typeof statusSchema>;

const file = (stateDir: string): string => path.join(stateDir, 'run', 'status.json');

export function writeStatus(stateDir: string, status: Status): void {
  writeFileSync(`${file(stateDir)}.new`, `${JSON.stringify(status)}\n`);
  renameSync(`${file(stateDir)}.new`, file(stateDir));
}

/** Null before the first start, or when the file is damaged. */
export function readStatus(stateDir: string): Status | null {
  try {
    return statusSchema.parse(JSON.parse(readFileSync(file(stateDir), 'utf8')));
  } catch {
    return null;
  }
}
