/** What is replaced one at a time, and what an instance wrote inside: on the real engine and edge, under load. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { type Place, quick } from '#e2e/faults/places.ts';
import type { Scenario } from '#e2e/faults/scenario.ts';
import type { Stage } from '#e2e/faults/stage.ts';

const single = { handOver: 'single' } as const;

/** Looks at the engine again and again until it is stopped; answers the most instances that ran at once. */
function watchRunning(stage: Stage, place: Place): () => Promise<number> {
  const ended = new AbortController();
  let most = 0;
  const looking = (async () => {
    while (!ended.signal.aborted) {
      const filter = `label=slipway.deployment=${place.ids.deploymentId}`;
      const running = await stage.machine.engine.docker('ps', '--filter', filter, '--format', '{{.Names}}').catch(() => []); // prettier-ignore
      most = Math.max(most, running.filter((line) => line !== '').length);
      await sleep(30);
    }
  })();
  return async () => {
    ended.abort();
    await looking;
    return most;
  };
}
async function livePlace(stage: Stage, deadlineSeconds = 60): Promise<Place> {
  const place = await stage.live({ settings: { ...single, readiness: { ...quick.readiness, deadlineSeconds } } });
  stage.posts(place);
  return place;
}
const inside = async (stage: Stage, place: Place, path: '/write' | '/read' | '/crash'): Promise<boolean> =>
  (JSON.parse((await stage.probe(place).get(path)).body) as { there: boolean }).there;

export const singleScenarios: readonly Scenario[] = [
  {
    id: 'H1',
    title: 'one at a time under load: deploys and a restart hold requests, none fails, never two instances',
    lane: 'beside',
    async run(stage) {
      const place = await livePlace(stage);
      const most = watchRunning(stage, place);
      for (let turn = 1; turn <= 3; turn += 1) {
        await place.set('ANSWER', String(turn));
        const { report } = await place.deploy();
        expect(report).toMatchObject({ failedRequests: 0 });
        expect(report?.heldRequests ?? 0).toBeGreaterThan(0);
        stage.did('deploy, one at a time');
      }
      expect(await place.over(await place.restart())).toMatchObject({ outcome: 'live' });
      expect(await most()).toBe(1);
    },
  },
  {
    id: 'H2',
    title: 'the new one never listens: within the hold the old one is back, and no request failed',
    lane: 'beside',
    async run(stage) {
      const place = await livePlace(stage, 20);
      const most = watchRunning(stage, place);
      await place.set('MODE', 'silent');
      const releaseId = await place.request();
      await place.reached(releaseId, 'switching');
      // Engines of a busy machine may take longer than requests wait: from then on they are told to try again.
      let over: (() => void) | undefined;
      const timer = setTimeout(() => (over = stage.excuse('the hold is over', place)), 28_000);
      const row = await place.over(releaseId);
      clearTimeout(timer);
      over?.();
      expect(row.failure).toMatchObject({ code: 'boot_timeout', phase: 'switching' });
      expect(await most()).toBe(1);
      stage.did('swap taken back');
    },
  },
  {
    id: 'H3',
    title: 'killed after the old instance was stopped: another worker goes on, and what waited is answered',
    lane: 'alone',
    async run(stage) {
      const place = await livePlace(stage);
      const most = watchRunning(stage, place);
      let releaseId = '';
      const doomed = await stage.doomed('swap.after_stop', 'kill', async () => {
        await place.set('ANSWER', 'next');
        releaseId = await place.request();
      });
      await doomed.ended;
      expect(await place.over(releaseId, 120_000)).toMatchObject({ outcome: 'live', failure: null });
      expect(await most()).toBe(1);
    },
  },
  {
    id: 'H4',
    title: 'paused after the old instance was stopped, and back after the takeover: never two instances',
    lane: 'alone',
    async run(stage) {
      const place = await livePlace(stage);
      const most = watchRunning(stage, place);
      let releaseId = '';
      const stopped = await stage.doomed('swap.after_stop', 'stop', async () => {
        await place.set('ANSWER', 'next');
        releaseId = await place.request();
      });
      expect(await place.over(releaseId, 120_000)).toMatchObject({ outcome: 'live', failure: null });
      stopped.send('SIGCONT');
      expect(await Promise.race([stopped.ended, sleep(10_000)])).toMatchObject({ code: 1 });
      expect(await most()).toBe(1);
    },
  },
  {
    id: 'H5',
    title: 'a file written inside an instance is gone after a restart, and soon after a crash',
    lane: 'beside',
    async run(stage) {
      const place = await stage.place();
      await place.deploy();
      expect(await inside(stage, place, '/write')).toBe(true);
      expect(await place.over(await place.restart())).toMatchObject({ outcome: 'live' });
      expect(await inside(stage, place, '/read')).toBe(false);
      expect(await inside(stage, place, '/write')).toBe(true);
      await inside(stage, place, '/crash');
      // The engine starts the same container again, which still has it; then a fresh one takes its place.
      const gone = (): Promise<boolean> => inside(stage, place, '/read').then((there) => !there, () => false); // prettier-ignore
      await stage.eventually(gone, 30_000);
      stage.did('crash');
    },
  },
];
