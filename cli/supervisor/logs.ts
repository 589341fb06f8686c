/** Bounds the logs of the platform's processes. They are appended to by processes that outlive us, so a log is copied and cut, not moved. */
import { copyFileSync, readdirSync, statSync, truncateSync } from 'node:fs';
import path from 'node:path';

export const logLimitBytes = 10 * 1024 * 1024;

/** Each `*.log` over the limit becomes `*.log.1`, replacing the older one. Lines written during the copy may be lost. */
export function boundLogs(folder: string, limitBytes: number = logLimitBytes): void {
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.log'))) {
    const file = path.join(folder, name);
    if (statSync(file).size <= limitBytes) continue;
    copyFileSync(file, `${file}.1`);
    truncateSync(file);
  }
}
