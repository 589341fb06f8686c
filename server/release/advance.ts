/**
 * Moves one release as far as it goes: takes its lease, runs the step of its state, applies the step's event, and goes on
 * until it waits for others or is over. Every way out leaves rows from which the next worker continues: a step may be cut
 * off anywhere. A failure is written first, then everything is undone, then the release ends as failed.
 */
import { sql } from 'drizzle-orm';
import { releases } from '#server/db/schema/releases.ts';
import { applyEvent } from '#server/db/releases.ts';
import { fencedWrite, type Lease, releaseLease, takeLease } from '#server/db/system/leases.ts';
import { isFinal, isOperation, isWaiting, type ReleaseEvent, type ReleaseState, transition } from '#server/domain/release-machine.ts'; // prettier-ignore
import { AppError, isAborted, isRetryable } from '#server/errors.ts';
import { deadlineOf } from '#server/release/deadlines.ts';
import type { Engine, Step, StepContext, StepFailure, StepResult } from '#server/release/engine.ts';
import { internalFailure, lateFailure, withPhase } from '#server/release/failure.ts';
import { InjectedCrash } from '#server/release/fault.ts';
import { type Heartbeat, LeaseCut, orFired, startHeartbeat } from '#server/release/heartbeat.ts';
import { type LoadedRelease, loadRelease } from '#server/release/load.ts';
import { openReleaseLog, type ReleaseLog } from '#server/release/release-log.ts';
import { buildStep } from '#server/release/steps/build.ts';
import { checkStep } from '#server/release/steps/check.ts';
import { fetchStep } from '#server/release/steps/fetch.ts';
import { hookStep } from '#server/release/steps/hook.ts';
import { retireStep } from '#server/release/steps/retire.ts';
import { startStep } from '#server/release/steps/start.ts';
import { storeStep } from '#server/release/steps/store.ts';
import { switchStep } from '#server/release/steps/switch.ts';
import { volumeRefusal } from '#server/release/volumes.ts';
import { undoStep } from '#server/release/steps/undo.ts';

/**
 * `idle`: someone else has it or nothing is due. `over`: it needs nobody any more. `lost`: another worker took over. `cut`:
 * the lease could not be held, because the database hung or this process was paused. `stopped`: this worker ends.
 */
export type AdvanceResult = 'idle' | 'over' | 'lost' | 'cut' | 'stopped';

const steps: Partial<Record<ReleaseState, { run: Step; event: ReleaseEvent }>> = {
  fetching: { run: fetchStep, event: 'fetched' },
  building: { run: buildStep, event: 'built' },
  storing: { run: storeStep, event: 'stored' },
  starting: { run: startStep, event: 'started' },
  checking: { run: checkStep, event: 'checked' },
  hook: { run: hookStep, event: 'hooked' },
  switching: { run: switchStep, event: 'switched' },
  retiring: { run: retireStep, event: 'drained' },
};
/** Unexpected errors of one state before the release ends as failed(internal). */
const attemptLimit = 3;
/** Takeovers in one state: the release that the third one finds is the likely reason that workers die. */
const takeoverLimit = 3;

class Limit extends Error {}
class Cancelled extends Error {}

/** @param stopping fires when this worker shall end; the release is handed back. */
export async function advanceRelease(engine: Engine, releaseId: string, stopping: AbortSignal): Promise<AdvanceResult> {
  if (stopping.aborted) return 'stopped';
  const asked = performance.now();
  const lease = await takeLease(engine.db, engine.now, releaseId, engine.owner, engine.times.lease);
  if (!lease) return 'idle';
  const run = new Run(engine, lease, asked, stopping);
  try {
    const result = await run.loop();
    if (result === 'cut') await letGo(engine, lease);
    else if (result !== 'lost') await run.unlessLost(releaseLease(engine.db, engine.now, lease));
    return result;
  } catch (error) {
    if (error instanceof LeaseCut) return 'cut';
    throw error;
  } finally {
    await run.end();
  }
}

const letGoLimitMs = 1000;

/** The lease ends by itself. Where the database hears us it ends now, and the next worker does not count this one as dead. */
async function letGo(engine: Engine, lease: Lease): Promise<void> {
  const released = releaseLease(engine.db, engine.now, lease).catch(() => undefined);
  await Promise.race([released, new Promise((resolve) => setTimeout(resolve, letGoLimitMs))]);
}

class Run {
  readonly #engine: Engine;
  readonly #lease: Lease;
  readonly #stopping: AbortSignal;
  readonly #heartbeat: Heartbeat;
  /** Ends the step that runs now; replaced for each. */
  #step = new AbortController();
  #state: ReleaseState | null = null;
  #log: ReleaseLog | null = null;

  constructor(engine: Engine, lease: Lease, asked: number, stopping: AbortSignal) {
    this.#engine = engine;
    this.#lease = lease;
    this.#stopping = stopping;
    this.#heartbeat = startHeartbeat(engine, lease, asked, (state) => {
      if (this.#state !== null && state !== this.#state) this.#step.abort(new Cancelled());
    });
  }

  async end(): Promise<void> {
    await this.#heartbeat.stop();
    const closing = this.#log?.close();
    if (this.#isCut) closing?.catch(() => undefined);
    else await closing;
  }

  /** Waits for the work, but not for a database that hangs beyond the lease. @throws what ended the lease */
  unlessLost<T>(work: Promise<T>): Promise<T> {
    return orFired(this.#heartbeat.lost, work);
  }
  get #isCut(): boolean {
    return this.#heartbeat.lost.reason instanceof LeaseCut;
  }
  get #lost(): 'lost' | 'cut' {
    return this.#isCut ? 'cut' : 'lost';
  }

  async loop(): Promise<AdvanceResult> {
    for (;;) {
      if (this.#heartbeat.lost.aborted) return this.#lost;
      if (this.#stopping.aborted) return 'stopped';
      try {
        const loaded = await this.unlessLost(loadRelease(this.#engine, this.#lease));
        const { release } = loaded;
        if (isFinal(release.state) || isWaiting(release.state) || release.state === 'live') return 'over';
        this.#log ??= await this.unlessLost(openReleaseLog(this.#engine, release));
        await this.unlessLost(this.#once(loaded));
      } catch (error) {
        if (error instanceof InjectedCrash) throw error;
        if (this.#heartbeat.lost.aborted) return this.#lost;
        if (error instanceof AppError && (error.code === 'fenced' || error.code === 'not_found')) return 'lost';
        if (error instanceof AppError && error.code === 'conflict') continue; // cancelled meanwhile: look again
        if (this.#stopping.aborted) return 'stopped';
        this.#engine.log.error('release step failed', { release: this.#lease.releaseId, state: this.#state, error });
        await this.#pause(1000);
      }
    }
  }

  /** One step of the release's state, with its limit, and what follows from its result. */
  async #once(loaded: LoadedRelease): Promise<void> {
    const { release } = loaded;
    const undoing = release.state === 'cancelling' || release.failure !== null;
    const known = steps[release.state];
    if (!undoing && release.takeovers >= takeoverLimit && release.state !== 'retiring')
      return this.#noteFailure(loaded, internalFailure);
    const step = undoing ? undoStep : known?.run;
    if (!step) throw new AppError('internal', `No step for a release that is ${release.state}.`);
    this.#step = new AbortController();
    this.#state = release.state;
    const over = new AbortController();
    if (!undoing && loaded.remainingMs !== null) this.#limit(loaded.remainingMs, over.signal);
    try {
      const result = await step(this.#context(loaded));
      await this.#follow(loaded, result, undoing);
    } catch (error) {
      await this.#recover(loaded, error, undoing);
    } finally {
      over.abort();
      this.#state = null;
    }
  }

  #limit(remainingMs: number, over: AbortSignal): void {
    const step = this.#step;
    this.#engine.background.sleep(Math.max(0, remainingMs), over).then(
      () => step.abort(new Limit()),
      () => undefined, // the step was faster
    );
  }

  #context(loaded: LoadedRelease): StepContext {
    const { release, deployment, place } = loaded;
    const started = performance.now();
    const clockStart = this.#engine.clock.now().getTime();
    const fence = this.#lease.fence;
    return {
      engine: this.#engine,
      release,
      deployment,
      place,
      lease: this.#lease,
      region: this.#engine.region({ scope: release.id, number: fence }),
      routing: this.#engine.region({ scope: release.deploymentId, number: fence }),
      signal: AbortSignal.any([this.#heartbeat.lost, this.#stopping, this.#step.signal]),
      elapsedMs: () =>
        loaded.elapsedMs + Math.max(performance.now() - started, this.#engine.clock.now().getTime() - clockStart),
      say: (text, level) => this.#log?.say(text, level),
      write: (work) => fencedWrite(this.#engine.db, this.#lease, release.state, work),
    };
  }

  async #follow(loaded: LoadedRelease, result: StepResult, undoing: boolean): Promise<void> {
    const { release } = loaded;
    if (result.kind === 'failed') return this.#noteFailure(loaded, result.failure);
    if (result.kind === 'wait') {
      if (release.heldReason !== result.reason) {
        if (result.reason) this.#log?.say(result.reason, 'warn');
        await this.#set(loaded, { heldReason: result.reason });
      }
      return this.#pause(result.ms);
    }
    const event = undoing ? undoneEvent(loaded) : steps[release.state]?.event;
    if (!event) throw new AppError('internal', `No event after ${release.state}.`);
    // The release's own row first: an abort waits for the number of its event with that row in hand.
    await fencedWrite(this.#engine.db, this.#lease, release.state, async (tx) => {
      await result.commit?.(tx);
      const next = transition(release.state, event);
      const state = await applyEvent(tx, this.#engine.now, {
        release,
        event,
        fence: this.#lease.fence,
        deadlineMs: next
          ? deadlineOf(this.#engine.times, next, release.snapshot.components, this.#engine.timeScale)
          : null,
        ...(result.note === undefined ? {} : { note: result.note }),
        ...(result.patch ? { patch: result.patch } : {}),
      });
      // An operation is not what stays live: it goes on to retire what it replaced.
      if (state === 'live' && isOperation(release.kind))
        await applyEvent(tx, this.#engine.now, {
          release: { ...release, state },
          event: 'replaced',
          fence: this.#lease.fence,
        });
    });
    if (result.note) this.#log?.say(result.note);
  }

  /** What an exception means: the limit, a cancel, the end of this worker, a broken connection, or a fault of ours. */
  async #recover(loaded: LoadedRelease, error: unknown, undoing: boolean): Promise<void> {
    const { release } = loaded;
    if (error instanceof InjectedCrash) throw error;
    if (this.#heartbeat.lost.aborted || this.#stopping.aborted) return;
    const reason: unknown = this.#step.signal.reason;
    if (reason instanceof Cancelled) return;
    const canFail = !undoing && release.state !== 'retiring';
    if (reason instanceof Limit && canFail) return this.#noteFailure(loaded, lateFailure(release));
    if (error instanceof AppError && error.code === 'fenced') throw error;
    const attempts = release.attempts + 1;
    const refused = canFail ? await volumeRefusal(this.#engine.db, release, error) : null;
    // Who has a volume may be about to end.
    if (refused && (refused.code !== 'volume_in_use' || attempts >= attemptLimit))
      return this.#noteFailure(loaded, refused);
    const broken = isRetryable(error) || isAborted(error);
    this.#engine.log[broken ? 'warn' : 'error']('release step threw', {
      release: release.id,
      state: release.state,
      attempts,
      error,
    });
    if (!broken && canFail && attempts >= attemptLimit) return this.#noteFailure(loaded, internalFailure);
    await this.#set(loaded, { attempts });
    await this.#pause(Math.min(30_000, 500 * 2 ** Math.min(attempts, 6)) * this.#engine.timeScale);
  }

  async #noteFailure(loaded: LoadedRelease, failure: StepFailure): Promise<void> {
    this.#log?.say(failure.message, 'error');
    await this.#set(loaded, { failure: withPhase(loaded.release.state, failure), heldReason: null });
  }

  #set(loaded: LoadedRelease, values: Partial<typeof releases.$inferInsert>): Promise<void> {
    return fencedWrite(this.#engine.db, this.#lease, loaded.release.state, async (tx) => {
      await tx
        .update(releases)
        .set(values)
        .where(sql`${releases.id} = ${loaded.release.id} and ${releases.orgId} = ${loaded.release.orgId}`);
    });
  }

  #pause(ms: number): Promise<void> {
    const signal = AbortSignal.any([this.#heartbeat.lost, this.#stopping, this.#step.signal]);
    return this.#engine.clock.sleep(ms, signal).catch(() => undefined);
  }
}

function undoneEvent({ release }: LoadedRelease): ReleaseEvent {
  if (release.state !== 'cancelling') return 'fail';
  return release.cancelTo === 'superseded' ? 'undone-supersede' : 'undone-abort';
}
