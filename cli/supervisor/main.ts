/**
 * The supervisor: a small process that `up` leaves behind. It keeps web, worker and agent alive, and database
 * and engine where they are ours. Killed, it takes nothing with it: the next `up` starts another one, which adopts what runs.
 * Arguments: state folder, version folder, fingerprint.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger } from '#server/log.ts';
import { readEnvironment } from '#cli/bootstrap/settings.mjs';
import { statePaths } from '#cli/platform/state.ts';
import { keepDependencies } from './dependencies.ts';
import { keepAlive } from './keep.ts';
import { boundLogs } from './logs.ts';
import { processSpecs } from './processes.ts';
import { readStatus, writeStatus, type Status } from './status.ts';

const [stateDir = '', folder = '', fingerprint = ''] = process.argv.slice(2);
const log = createLogger({ process: 'supervisor' });
const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
process.on('SIGHUP', () => undefined); // the terminal that started `up` was closed

const status: Status = { supervisor: process.pid, fingerprint, processes: {} };
const adopt = readStatus(stateDir)?.fingerprint === fingerprint;
const values = readEnvironment(stateDir);
const specs = processSpecs({ folder, stateDir, values });
for (const { role } of specs) status.processes[role] = { state: 'waiting', pid: null, restarts: 0 };
writeStatus(stateDir, status);

const keepers = specs.map((spec) =>
  keepAlive(spec, {
    stateDir,
    adopt,
    signal: stop.signal,
    report: (process) => {
      log.info('process', { role: spec.role, ...process });
      status.processes[spec.role] = process;
      writeStatus(stateDir, status);
    },
  }),
);
const tidy = async (): Promise<void> => {
  while (!stop.signal.aborted) {
    boundLogs(statePaths(stateDir).logs);
    await sleep(5000, undefined, { signal: stop.signal }).catch(() => undefined);
  }
};
await Promise.all([...keepers, tidy(), keepDependencies(stateDir, values, log, stop.signal)]);
