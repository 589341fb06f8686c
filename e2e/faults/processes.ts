/** Real worker and agent processes that a scenario may kill, stop and continue, and that are started again like a supervisor would. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Program {
  /** Node's arguments: the bundle. */
  file: string;
  env: Record<string, string>;
  logFile: string;
}

/** One life of a process. */
export class Life {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  readonly ready: Promise<void>;

  constructor({ file, env, logFile }: Program) {
    this.child = spawn(process.execPath, [file], { env: env as NodeJS.ProcessEnv, stdio: ['ignore', 'pipe', 'pipe'] });
    this.ended = once(this.child, 'exit').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
    }));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.ready = promise;
    promise.catch(() => undefined);
    for (const stream of [this.child.stdout, this.child.stderr])
      if (stream)
        createInterface({ input: stream }).on('line', (line) => {
          appendFileSync(logFile, `${line}\n`);
          if (line.includes('"message":"ready"')) resolve();
        });
    void this.ended.then(({ code, signal }) => reject(new Error(`It ended with ${String(code ?? signal)}`)));
  }

  get alive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }
  send(signal: NodeJS.Signals): void {
    if (this.alive) this.child.kill(signal);
  }
  async kill(): Promise<void> {
    this.send('SIGKILL');
    await this.ended;
  }
}

const pauseMs = 250;

/** A process that is started again whenever it ends, until it is stopped. */
export class Kept {
  readonly #program: Program;
  #life: Life;
  #stopped = false;
  starts = 0;

  constructor(program: Program) {
    this.#program = program;
    this.#life = this.#begin();
  }
  get life(): Life {
    return this.#life;
  }
  /** Resolves when a life of it can work. */
  async ready(): Promise<void> {
    for (;;) {
      const life = this.#life;
      const isReady = await life.ready.then(
        () => true,
        () => false,
      );
      if (isReady && life === this.#life && life.alive) return;
      await sleep(50);
    }
  }
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#stopped = true;
    this.#life.send('SIGCONT');
    this.#life.send(signal);
    await this.#life.ended;
  }
  #begin(): Life {
    this.starts += 1;
    const life = new Life(this.#program);
    void life.ended.then(async () => {
      if (this.#stopped) return;
      await sleep(pauseMs);
      if (!this.#stopped) this.#life = this.#begin();
    });
    return life;
  }
}
