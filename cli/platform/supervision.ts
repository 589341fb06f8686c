/** Starting, adopting and stopping the supervisor from the commands. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { baseEnvironment } from '#server/exec.ts';
import { readStatus, type Status } from '#cli/supervisor/status.ts';
import { roles } from '#cli/supervisor/processes.ts';
import { logFileOf, pidFileOf } from '#cli/supervisor/keep.ts';
import { readPidFile, startDaemon, stopDaemon, waitUntil } from './daemon.ts';
import type { Values } from './environment.ts';
import { statePaths } from './state.ts';

const pidFile = (stateDir: string): string => pidFileOf(stateDir, 'supervisor');

/** What runs is right when version and configuration are these. */
const fingerprintOf = (version: string, values: Values): string =>
  createHash('sha256').update(JSON.stringify([version, Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1))])).digest('hex').slice(0, 16); // prettier-ignore

/**
 * Makes sure that this version with this configuration runs, and waits until every process is able to work.
 * @throws AppError unavailable with the last words of the processes that are not
 */
export async function ensureSupervisor(
  stateDir: string,
  version: { name: string; folder: string },
  values: Values,
  timeoutMs = 60_000,
): Promise<{ started: boolean; roles: string[] }> {
  const fingerprint = fingerprintOf(version.name, values);
  const running = readPidFile(pidFile(stateDir));
  const isCurrent = running !== null && readStatus(stateDir)?.fingerprint === fingerprint;
  if (running && !isCurrent) await stopDaemon(pidFile(stateDir), { graceMs: 15_000 });
  const supervisor = isCurrent
    ? running
    : await startDaemon({
        file: process.execPath,
        args: ['--max-semi-space-size=1', '--max-old-space-size=32', path.join(version.folder, 'supervisor.mjs'), stateDir, version.folder, fingerprint], // prettier-ignore
        env: { ...baseEnvironment(), SLIPWAY_STATE: stateDir },
        cwd: stateDir,
        logFile: path.join(statePaths(stateDir).logs, 'supervisor.log'),
        pidFile: pidFile(stateDir),
      });
  await waitUntil(() => isReady(readStatus(stateDir), supervisor.pid), {
    timeoutMs,
    process: supervisor,
    failure: () => describeProblem(stateDir),
  });
  return { started: !isCurrent, roles: Object.keys(readStatus(stateDir)?.processes ?? {}) };
}

const isReady = (status: Status | null, supervisor: number): boolean =>
  status?.supervisor === supervisor && Object.values(status.processes).every(({ state }) => state === 'ready');

/** Which processes are not ready, each with the last line of its log. */
function describeProblem(stateDir: string): string {
  const waiting = Object.entries(readStatus(stateDir)?.processes ?? {}).filter(([, { state }]) => state !== 'ready');
  const names = waiting.length > 0 ? waiting.map(([role]) => role) : ['supervisor'];
  const lines = names.map((role) => `  ${role}: ${lastLine(logFileOf(stateDir, role))}`);
  return ['Slipway did not start. What its processes said last:', ...lines, `Logs: ${statePaths(stateDir).logs}`].join(
    '\n',
  );
}

const lastLine = (file: string): string =>
  existsSync(file) ? (readFileSync(file, 'utf8').trimEnd().split('\n').at(-1) ?? '').slice(0, 500) : 'nothing';

/** Stops the supervisor and every process of it, also those that an earlier supervisor left. */
export async function stopSupervisor(stateDir: string): Promise<boolean> {
  const stopped = await stopDaemon(pidFile(stateDir), { graceMs: 15_000 });
  const left = await Promise.all(roles.map((role) => stopDaemon(pidFileOf(stateDir, role), { graceMs: 10_000 })));
  return stopped || left.some(Boolean);
}
