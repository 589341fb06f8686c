/**
 * graphile-worker, used as a wake-up service. Two runners over one pool of our own: builds never keep a rollout waiting.
 * The pool is ours because a runner that owns it ends it before the last job's completion is written.
 */
import { Logger as JobLogger, run, type Runner, type TaskList } from 'graphile-worker';
import { Pool } from 'pg';
import type { Logger } from '#server/log.ts';

export interface Runners {
  /** Settles when a runner ended by itself, which means that its database connections are gone for good. */
  ended: Promise<void>;
  stop(): Promise<void>;
}

const settleMs = 300;
/** Jobs are heard of at once; each place of a runner polls by itself, so that this is only for what was not heard. */
const pollInterval = 30_000;

export async function startRunners(options: {
  databaseUrl: string;
  log: Logger;
  long: { tasks: TaskList; concurrency: number };
  short: { tasks: TaskList; concurrency: number };
}): Promise<Runners> {
  const { log } = options;
  const pool = new Pool({
    connectionString: options.databaseUrl,
    application_name: 'slipway-jobs',
    // A connection is opened when several jobs end at the same moment; in between one or two are enough.
    max: Math.max(options.long.concurrency, options.short.concurrency) + 1,
    idleTimeoutMillis: 30_000,
  });
  const onError = (error: Error): void => log.warn('job connection failed', { error });
  pool.on('error', onError);
  pool.on('connect', (client) => void client.on('error', onError));
  const logger = new JobLogger(() => (level, message, meta) => {
    if (level === 'error') log.error(message, { meta });
    else if (level === 'warning') log.warn(message, { meta });
  });
  const start = (tasks: TaskList, concurrency: number): Promise<Runner> =>
    run({ pgPool: pool, taskList: tasks, concurrency, noHandleSignals: true, logger, pollInterval });
  const runners = [
    await start(options.long.tasks, options.long.concurrency),
    await start(options.short.tasks, options.short.concurrency),
  ];
  let isStopping = false;
  const ended = Promise.race(runners.map((runner) => runner.promise)).then(
    () => undefined,
    (error: unknown) => log.error('a job runner ended', { error }),
  );
  return {
    ended,
    async stop() {
      if (isStopping) return;
      isStopping = true;
      await Promise.all(runners.map((runner) => runner.stop()));
      await new Promise((resolve) => setTimeout(resolve, settleMs)); // the last completion is not awaited by stop()
      await pool.end();
    },
  };
}
