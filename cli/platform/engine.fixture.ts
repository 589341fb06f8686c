/**
 * Run by `engine.live.test.ts` in network and mount namespaces of its own: lives an engine's life as on a machine where
 * none runs, and prints what happened as JSON.
 */
import { readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execOk } from '#server/exec.ts';
import { isAlive, readPidFile, waitForExit } from './daemon.ts';
import { ensureEngine, stopEngine } from './engine.ts';
import { prepareStateFolder, statePaths } from './state.ts';

const [stateDir = ''] = process.argv.slice(2);
const socket = '/var/run/docker.sock';
if (readlinkSync('/proc/self/ns/mnt') === readlinkSync(`/proc/${process.ppid}/ns/mnt`))
  throw new Error('This hides /var/run: run it in a mount namespace of its own.');
for (const folder of ['/var/run', '/var/lib/docker']) await execOk('mount', ['-t', 'tmpfs', 'none', folder]);
await execOk('ip', ['link', 'set', 'lo', 'up']);

const pidFile = path.join(statePaths(stateDir).run, 'dockerd.pid');
prepareStateFolder(stateDir);
const first = await ensureEngine(stateDir, socket);
const again = await ensureEngine(stateDir, socket);
const crashed = readPidFile(pidFile);
if (!crashed) throw new Error('dockerd has no pidfile');
process.kill(crashed.pid, 'SIGKILL');
await waitForExit(crashed, 5000);
// dockerd's own pidfile now names a process that lives and is not dockerd
writeFileSync(path.join(statePaths(stateDir).run, 'dockerd.own.pid'), String(process.pid));
const afterCrash = await ensureEngine(stateDir, socket);
const config: unknown = JSON.parse(readFileSync(path.join(stateDir, 'dockerd.json'), 'utf8'));
const last = readPidFile(pidFile);
const stopped = await stopEngine(stateDir);
console.log(JSON.stringify({ first, again, afterCrash, stopped, leftRunning: last !== null && isAlive(last), config }));
