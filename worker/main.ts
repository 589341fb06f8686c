/**
 * Composition root of the worker: the release engine, its queue, the observer and the sweeps. Logs "ready" when it can
 * work; ends within 10 s of SIGTERM and hands its releases back; exits with 1 when its database connections die
 * or hang for as long as a lease.
 */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import path from 'node:path';
import { connectAgent } from '#server/agent/client.ts';
import { readInstallation } from '#server/build/builder-paths.ts';
import { planBuild } from '#server/build/planners/index.ts';
import { listDirectory } from '#server/build/planners/listing.ts';
import { plannerVersion } from '#server/build/planners/types.ts';
import { systemClock } from '#server/clock.ts';
import { type Config, loadConfig } from '#server/config.ts';
import { type Db, openDatabase } from '#server/db/client.ts';
import { openNotices } from '#server/db/notify.ts';
import type { Notices } from '#server/db/notify.ts';
import { endDeadLeases } from '#server/db/system/leases.ts';
import { databaseNow } from '#server/db/now.ts';
import { createLogger, type Logger } from '#server/log.ts';
import { createLogStore } from '#server/logs/store.ts';
import { createConsoles } from '#server/release/consoles.ts';
import type { Engine } from '#server/release/engine.ts';
import { processFault } from '#server/release/fault.ts';
import { deriveKey } from '#server/secret.ts';
import { GitSource } from '#server/source/git.ts';
import { sweepGitScratch } from '#server/source/git-command.ts';
import { serveDesk } from '#server/ssh/desk-server.ts';
import { gatewaySocket, prepareGatewayFolder } from '#server/ssh/gateway-folder.ts';
import { createDesk } from '#worker/desk.ts';
import { serveGitDesk } from '#worker/git-desk.ts';
import { runLoops } from '#worker/loops.ts';
import { runObserver } from '#worker/observer.ts';
import { startRunners } from '#worker/runners.ts';
import { advanceReleaseTask } from '#worker/tasks/advance-release.ts';
import { lookAtRepositoryTask } from '#worker/tasks/look-at-repository.ts';
import { claimSlotsTask } from '#worker/tasks/claim-slots.ts';

const stopLimitMs = 9000;
/** A release keeps its job for as long as it moves, so there is room for more than there are slots. */
const jobsAtOnce = 24;
const buildProcesses = 2048;
const buildCpuMillis = 2000;
const imageLimitBytes = 10 * 1024 ** 3;

async function createEngine(config: Config, db: Db, notices: Notices, log: Logger): Promise<Engine> {
  const { stateDir, times } = config;
  const { tag } = await readInstallation(stateDir);
  const region = connectAgent(path.join(stateDir, 'run', 'agent.sock'));
  const logs = createLogStore(db, path.join(stateDir, 'logs'), log);
  const { sessions } = region({ scope: 'worker', number: 0 });
  return {
    db,
    now: databaseNow,
    clock: systemClock,
    background: systemClock,
    times,
    timeScale: config.SLIPWAY_TIME_SCALE,
    owner: `${hostname()}:${process.pid}:${randomBytes(4).toString('hex')}`,
    region,
    sources: new GitSource(config),
    plan: async (directory, settings, context) => planBuild(await listDirectory(directory), settings, context),
    buildSalt: `planner ${plannerVersion}`,
    buildMemoryMib: config.SLIPWAY_BUILD_MEMORY_MIB,
    buildLimits: {
      cpuMillis: buildCpuMillis,
      processes: buildProcesses,
      imageBytes: imageLimitBytes,
    },
    logs,
    consoles: createConsoles({ sessions, logs, clock: systemClock, log }),
    keys: {
      variables: deriveKey(config.masterSecret, 'variables'),
      credentials: deriveKey(config.masterSecret, 'credentials'),
      cache: deriveKey(config.masterSecret, 'build cache'),
    },
    workDir: path.join(stateDir, 'work'),
    installationTag: tag,
    subnetPool: config.SLIPWAY_SUBNETS,
    fault: processFault(config.SLIPWAY_FAULT, stateDir),
    log,
    watch: (orgId, releaseId, wake) =>
      notices.onEvent(orgId, (notice) => {
        if (notice === null || notice.release === releaseId) wake();
      }),
  };
}

/** True for a worker of this machine whose process is gone. Others, and a process number that is in use again, keep their lease. */
function isDeadHere(owner: string): boolean {
  const [host, pid] = owner.split(':');
  if (host !== hostname() || pid === undefined) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}

async function main(): Promise<void> {
  const config = loadConfig();
  const log = createLogger({ process: 'worker' });
  const database = openDatabase(config.DATABASE_URL, { name: 'worker', max: 10 });
  const notices = await openNotices(config.DATABASE_URL);
  await sweepGitScratch(config.stateDir);
  const engine = await createEngine(config, database.db, notices, log);
  await endDeadLeases(database.db, databaseNow, isDeadHere);
  const stopping = new AbortController();
  const advance = advanceReleaseTask(engine, stopping.signal, () => {
    if (stopping.signal.aborted) return;
    log.error('a lease could not be held: the database hung, or this process was paused');
    // What else it works on is handed back, as far as the database hears of it.
    void stop().finally(() => process.exit(1));
  });
  const runners = await startRunners({
    databaseUrl: config.DATABASE_URL,
    log,
    long: { tasks: { 'advance-build': advance }, concurrency: jobsAtOnce },
    short: {
      tasks: {
        'advance-release': advance,
        'claim-slots': claimSlotsTask(engine),
        'look-at-repository': lookAtRepositoryTask(engine, stopping.signal),
      },
      concurrency: jobsAtOnce,
    },
  });
  const beside = Promise.all([
    runLoops(engine, stopping.signal),
    runObserver(
      { db: database.db, driver: engine.region({ scope: 'worker', number: 0 }).instances, clock: systemClock, log },
      stopping.signal,
    ),
  ]);

  const stop = async (): Promise<void> => {
    if (stopping.signal.aborted) return;
    stopping.abort(new Error('The worker stops.'));
    setTimeout(() => process.exit(1), stopLimitMs).unref();
    await runners.stop();
    await beside;
    await Promise.all([engine.consoles.stop(), desk.close(), gitDesk.close()]);
    await notices.close();
    await database.close();
    log.info('stopped');
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => {
      stop().then(
        () => process.exit(0),
        (error: unknown) => {
          log.error('stopping failed', { error });
          process.exit(1);
        },
      );
    });
  void runners.ended.then(() => {
    if (stopping.signal.aborted) return;
    log.error('the job runners ended: the database connections are gone');
    process.exit(1);
  });
  prepareGatewayFolder(config.stateDir);
  const desk = await serveDesk(createDesk(config, database.db), log, gatewaySocket(config.stateDir, 'desk'));
  const gitDesk = await serveGitDesk({
    ctx: {
      db: database.db,
      clock: systemClock,
      notices,
      logs: engine.logs,
      keys: engine.keys,
      sources: engine.sources,
      publicUrl: config.SLIPWAY_PUBLIC_URL.replace(/\/+$/, ''),
    },
    stateDir: config.stateDir,
    log: log.child({ part: 'git' }),
    socketPath: gatewaySocket(config.stateDir, 'git'),
  });
  log.info('ready', { owner: engine.owner });
}

try {
  await main();
} catch (error) {
  createLogger({ process: 'worker' }).error('the worker cannot start', { error });
  process.exit(1);
}
