/** Starting, adopting and stopping the supervisor from the commands. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { baseEnvironment } from '#server/exec.ts';
import { readStatus, type Status } from '#cli/supervisor/status.ts';
import { pidFileOf } from '#cli/supervisor/keep.ts';
import { readPidFile, startDaemon, stopDaemon, waitUntil } from './daemon.ts';
import type { Values } from './environment.ts';
import { statePaths } from './state.ts';

const roles = ['web', 'gateway', 'worker', 'agent'] as const;
const pidFile = (stateDir: string): string => pidFileOf(stateDir, 'supervisor');

/** What runs is right when version and configuration are these. */
const fingerprintOf = (version: string, values: Values): string =>
  createHash('sha256').update(JSON.stringify([version, Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1))])).digest('hex').slice(0, 16); // prettier-ignore

/** Makes sure that this version with this configuration runs, and waits until every process is able to work. */
export async function ensureSupervisor(
  stateDir: string,
  version: { name: string; folder: string },
  values: Values,
): Promise<{ started: boolean; status: Status }> {
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
  await waitUntil(() => isReady(readStatus(stateDir), fingerprint), {
    timeoutMs: 60_000,
    process: supervisor,
    failure: `Not all processes became ready: ${describe(readStatus(stateDir))}. Their logs are in ${statePaths(stateDir).logs}`,
  });
  return { started: !isCurrent, status: readStatus(stateDir) ?? { fingerprint, processes: {} } };
}

const isReady = (status: Status | null, fingerprint: string): boolean =>
  status?.fingerprint === fingerprint && Object.values(status.processes).every(({ state }) => state === 'ready');

const describe = (status: Status | null): string =>
  Object.entries(status?.processes ?? {})
    .map(([role, { state }]) => `${role} ${state}`)
    .join(', ');

/** Stops the supervisor and every process of it, also those that an earlier supervisor left. */
export async function stopSupervisor(stateDir: string): Promise<boolean> {
  const stopped = await stopDaemon(pidFile(stateDir), { graceMs: 15_000 });
  const left = await Promise.all(roles.map((role) => stopDaemon(pidFileOf(stateDir, role), { graceMs: 10_000 })));
  return stopped || left.some(Boolean);
}
