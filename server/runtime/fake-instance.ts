/** One simulated container: the behaviour that a test chose, played back on a clock. Used by `fake.ts` only. */
import type { Clock } from '#server/clock.ts';
import type { ConsoleLine, InstanceSpec, ListeningPort, ObservedState } from '#server/runtime/types.ts';

/** How an instance acts. An empty behaviour listens at once on `PORT`, answers 200 and exits 0 on SIGTERM; a hook exits 0. */
export interface FakeBehaviour {
  /** From start until the ports open. */
  listenAfterMs?: number;
  /** Default: the value of `PORT` in the environment, on every interface. Empty: it never listens. */
  ports?: readonly ListeningPort[];
  /** Status of a GET by path; null answers nothing in time. */
  status?: (path: string) => number | null;
  exit?: { afterMs: number; code: number; outOfMemory?: boolean };
  /** Written at each start; a plain string goes to stdout. */
  output?: readonly (string | { stderr: string })[];
  /** From SIGTERM until it exits with 0; longer than the grace ends with 137. */
  termMs?: number;
}

const restartDelayMs = [100, 200, 400, 800, 1600] as const;

export class FakeInstance {
  readonly spec: InstanceSpec;
  readonly #clock: Clock;
  readonly #behaviour: FakeBehaviour;
  readonly #changed: (instance: FakeInstance) => void;
  #life = new AbortController();
  #restarts = 0;
  #lineCount = 0;
  #open = false;
  state: ObservedState = {
    phase: 'created',
    startedAt: null,
    finishedAt: null,
    exitCode: null,
    outOfMemory: false,
    restarts: 0,
  };
  keepAlive = false;
  readonly lines: ConsoleLine[] = [];

  constructor(spec: InstanceSpec, behaviour: FakeBehaviour, clock: Clock, changed: (instance: FakeInstance) => void) {
    this.spec = spec;
    this.#behaviour = behaviour;
    this.#clock = clock;
    this.#changed = changed;
  }

  get running(): boolean {
    return this.state.phase === 'running';
  }
  /** Open ports; none while it starts up or does not run. */
  get ports(): readonly ListeningPort[] {
    if (!this.running || !this.#open) return [];
    if (this.#behaviour.ports) return this.#behaviour.ports;
    const port = Number(this.spec.env.PORT ?? '0');
    return this.spec.role === 'hook' || port === 0 ? [] : [{ port, loopbackOnly: false }];
  }

  boot(): void {
    this.#life = new AbortController();
    this.#open = false;
    this.#become({ phase: 'running', startedAt: this.#now(), finishedAt: null, exitCode: null, outOfMemory: false });
    for (const line of this.#behaviour.output ?? [])
      if (typeof line === 'string') this.print(line);
      else this.print(line.stderr, 'stderr');
    const listenAfterMs = this.#behaviour.listenAfterMs ?? 0;
    if (listenAfterMs === 0) this.#open = true;
    else
      this.#after(listenAfterMs, () => {
        this.#open = true;
      });
    const exit = this.#behaviour.exit ?? (this.spec.role === 'hook' ? { afterMs: 0, code: 0 } : undefined);
    if (exit) this.#after(exit.afterMs, () => this.end(exit.code, exit.outOfMemory ?? false));
  }

  /** The process ends by itself; with `keepAlive` it comes back after the engine's back-off. */
  end(code: number, outOfMemory = false): void {
    if (!this.running) return;
    this.#life.abort();
    const finished = { finishedAt: this.#now(), exitCode: code, outOfMemory };
    if (!this.keepAlive) return this.#become({ phase: 'exited', ...finished });
    this.#restarts += 1;
    this.#life = new AbortController();
    this.#become({ phase: 'restarting', ...finished, restarts: this.#restarts });
    this.#after(restartDelayMs[Math.min(this.#restarts, restartDelayMs.length) - 1] ?? 1600, () => this.boot());
  }

  async stop(graceMs: number, signal: AbortSignal): Promise<void> {
    if (this.state.phase !== 'running' && this.state.phase !== 'restarting') return;
    this.keepAlive = false;
    const termMs = this.#behaviour.termMs ?? 0;
    if (this.running && termMs > 0) await this.#clock.sleep(Math.min(termMs, graceMs), signal);
    this.#life.abort();
    this.#become({ phase: 'exited', finishedAt: this.#now(), exitCode: termMs > graceMs ? 137 : 0 });
  }

  remove(): void {
    this.#life.abort();
    this.#become({ phase: 'missing' });
  }

  answer(path: string): number | null {
    return this.#behaviour.status ? this.#behaviour.status(path) : 200;
  }

  print(text: string, stream: ConsoleLine['stream'] = 'stdout'): void {
    this.#lineCount += 1;
    const nanoseconds = String(this.#lineCount % 1_000_000).padStart(6, '0');
    this.lines.push({ at: `${this.#now().slice(0, 23)}${nanoseconds}Z`, stream, text });
    this.#changed(this);
  }

  #now(): string {
    return this.#clock.now().toISOString();
  }
  #become(change: Partial<ObservedState>): void {
    this.state = { ...this.state, ...change };
    this.#changed(this);
  }
  #after(ms: number, act: () => void): void {
    const life = this.#life.signal;
    this.#clock.sleep(ms, life).then(
      () => (life.aborted ? undefined : act()),
      () => undefined, // its life ended first
    );
  }
}
