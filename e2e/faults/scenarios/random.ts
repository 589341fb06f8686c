/** F52: twenty random steps per seed, faults among them, and every promise at the end. The seed gives the same steps again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { AppError } from '#server/errors.ts';
import { randomOf } from '#tools/random.ts';
import { edgePids } from '#e2e/faults/edge-pids.ts';
import type { Place } from '#e2e/faults/places.ts';
import type { Scenario } from '#e2e/faults/scenario.ts';
import type { Stage } from '#e2e/faults/stage.ts';

type Pick = (below: number) => number;
/** What a request may be answered with while others work on the same deployment, or while the database is away. */
async function unlessRefused(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    const isRefusal = error instanceof AppError && ['conflict', 'too_many', 'unavailable'].includes(error.code);
    const isBroken = error instanceof Error && /Failed query|CONNECTION|ECONN/.test(`${error.message} ${String(error.cause)}`); // prettier-ignore
    if (!isRefusal && !isBroken) throw error;
  });
}

/** SIGKILL from outside, as the kernel does it: the engine starts the instance again. */
async function killContainer(stage: Stage, place: Place, pick: Pick): Promise<void> {
  const { deploymentId } = place.ids;
  const ids = await stage.machine.engine.docker('ps', '-q', '--filter', `label=slipway.deployment=${deploymentId}`);
  const id = ids[pick(Math.max(1, ids.length))];
  if (id === undefined) return;
  const over = stage.excuse('an instance was killed: what it had in hand is cut', place);
  const [pid] = await stage.machine.engine.docker('inspect', '-f', '{{.State.Pid}}', id);
  if (Number(pid) > 1) process.kill(Number(pid), 'SIGKILL');
  over(5000);
}

const steps: readonly [name: string, weight: number, run: (stage: Stage, place: Place, pick: Pick) => Promise<unknown>][] = [
  ['deploy', 4, async (_stage, place, pick) => {
    await place.set('ANSWER', String(pick(1e6)));
    await place.request();
  }],
  ['deploy new code', 1, async (_stage, place) => {
    await place.commit();
    await place.request();
  }],
  ['rollback', 2, (_stage, place, pick) => place.rollback(place.requested[pick(place.requested.length)] ?? '')],
  ['scale', 2, async (_stage, place, pick) => {
    await place.configure({ instances: 1 + pick(3) });
    await place.request();
  }],
  ['change variable', 2, (_stage, place, pick) => place.set('OTHER', String(pick(1e6)))],
  ['restart', 1, (_stage, place) => place.restart()],
  ['abort', 1, (_stage, place) => place.abort(place.requested.at(-1) ?? '')],
  ['kill container', 2, killContainer],
  ['kill worker', 2, (stage) => stage.machine.worker.life.kill()],
  ['kill agent', 1, (stage) => stage.machine.agent.life.kill()],
  ['restart engine', 1, (stage, _place, pick) => stage.machine.engine.restart(pick(2) ? 'SIGTERM' : 'SIGKILL')],
  ['reload edge', 1, async (stage) => {
    const [master] = edgePids(stage.machine.stateDir).toSorted((a, b) => a - b);
    if (master !== undefined) process.kill(master, 'SIGUSR2');
  }],
  ['kill edge', 1, async (stage) => {
    const over = stage.excuse('the edge was killed');
    for (const pid of edgePids(stage.machine.stateDir)) process.kill(pid, 'SIGKILL');
    await sleep(300);
    over(stage.busy(3000));
  }],
  ['restart PostgreSQL', 1, async (stage) => {
    await stage.machine.postgres.stop();
    await stage.machine.postgres.start();
  }],
]; // prettier-ignore

const deck = steps.flatMap((step) => Array<(typeof steps)[number]>(step[1]).fill(step));

export const randomScenario = (seed: number, count: number): Scenario => ({
  id: `F52 seed ${seed}`,
  title: `${count} random steps`,
  lane: 'alone',
  async run(stage) {
    const pick = randomOf(seed);
    const place = await stage.live({ settings: { instances: 2 } });
    for (let step = 0; step < count; step += 1) {
      const [name, , run] = deck[pick(deck.length)] ?? deck[0] ?? ['', 0, () => Promise.resolve()];
      await unlessRefused(run(stage, place, pick));
      stage.did(name);
      await sleep(stage.ms(pick(10_000)));
      if (pick(4) === 0) await place.quiet(120_000);
    }
    await Promise.all([stage.machine.worker.ready(), stage.machine.agent.ready()]);
    await place.quiet(180_000);
    await place.set('ANSWER', 'the end');
    expect((await place.deploy()).outcome).toBe('live');
  },
});
