/** F1 to F12, F45, F49: a worker that is killed, paused or cut off while it works. Real processes, named fault points. */
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { eq } from 'drizzle-orm';
import { expect } from 'vitest';
import { releaseComponents, releaseSteps } from '#server/db/schema/releases.ts';
import type { FaultPoint } from '#server/release/fault.ts';
import { appFiles, type Place, type ReleaseRow } from '#e2e/faults/places.ts';
import type { Scenario } from '#e2e/faults/scenario.ts';
import type { Stage } from '#e2e/faults/stage.ts';

const asks = async (stage: Stage, place: Place, build: boolean): Promise<string> => {
  if (build) await place.commit();
  await place.set('ANSWER', String(Math.random()));
  stage.did('deploy');
  return place.request();
};

/** Killed at the point: another worker brings the release live. Its lease has to run out first. */
const killed = (id: string, title: string, point: FaultPoint, build = false): Scenario => ({
  id,
  title,
  lane: 'alone',
  async run(stage) {
    const place = await stage.base();
    let releaseId = '';
    const doomed = await stage.doomed(point, 'kill', async () => (releaseId = await asks(stage, place, build)));
    await doomed.ended;
    const [at, { leaseOwner: dead }] = [Date.now(), await place.row(releaseId)];
    const isTaken = (row: ReleaseRow): boolean => row.outcome !== null || (row.leaseOwner !== null && row.leaseOwner !== dead); // prettier-ignore
    await place.until(releaseId, isTaken, 60_000);
    expect(Date.now() - at).toBeLessThan(30_000);
    expect(await place.over(releaseId)).toMatchObject({ outcome: 'live', failure: null });
  },
});

/** Paused at the point until another worker is through, then it comes back. */
const paused = (point: FaultPoint): Scenario => ({
  id: `F11 ${point}`,
  title: `SIGSTOP at ${point}, SIGCONT after the takeover: it harms nothing and exits`,
  lane: 'alone',
  async run(stage) {
    const place = await stage.base();
    let releaseId = '';
    const build = point.startsWith('building') || point.startsWith('storing');
    const stopped = await stage.doomed(point, 'stop', async () => (releaseId = await asks(stage, place, build)));
    expect(await place.over(releaseId)).toMatchObject({ outcome: 'live', failure: null });
    if (point.startsWith('retiring')) await place.quiet();
    stopped.send('SIGCONT');
    expect(await Promise.race([stopped.ended, sleep(30_000)])).toMatchObject({ code: 1 });
  },
});

/** A way to PostgreSQL that can be cut without either side hearing of it. */
async function startCable(port: number): Promise<{ port: number; cut(): void; close(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    }
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    cut() {
      for (const socket of sockets) socket.unpipe().pause();
      server.removeAllListeners('connection').on('connection', (socket) => socket.pause());
    },
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

export const workerScenarios: readonly Scenario[] = [
  {
    id: 'F1',
    title: 'SIGKILL of the worker while queued: the next one starts it, once',
    lane: 'alone',
    async run(stage) {
      const place = await stage.base();
      await stage.machine.worker.life.kill();
      stage.did('kill worker');
      const releaseId = await asks(stage, place, false);
      expect((await place.row(releaseId)).state).toBe('queued');
      expect(await place.over(releaseId)).toMatchObject({ outcome: 'live', takeovers: 0 });
      const steps = await stage.machine.db.select().from(releaseSteps).where(eq(releaseSteps.releaseId, releaseId));
      expect(steps.filter((step) => step.state === 'fetching')).toHaveLength(1);
    },
  },
  killed('F2', 'SIGKILL while cloning: the folder and the credential go, the same commit is cloned again', 'fetching.after_fetch', true), // prettier-ignore
  {
    id: 'F3',
    title: 'SIGKILL inside a build: its processes end, one retry, then failed(worker_lost)',
    lane: 'alone',
    async run(stage) {
      const place = await stage.live();
      await place.commit(appFiles('2', ['RUN sleep 2 && true']));
      const first = await place.request();
      await building(stage, first, 1);
      await stage.machine.worker.life.kill();
      expect(await place.over(first)).toMatchObject({ outcome: 'live', failure: null });
      await place.quiet();
      await place.commit(appFiles('3', ['RUN sleep 3 && true && true']));
      const second = await place.request();
      for (const attempt of [1, 2]) {
        await building(stage, second, attempt);
        await stage.machine.worker.life.kill();
        stage.did('kill worker');
      }
      expect(await place.over(second)).toMatchObject({ outcome: 'failed', failure: { code: 'worker_lost', phase: 'building' } });
    }, // prettier-ignore
  },
  killed('F4', 'SIGKILL after the image was stored: stored again, known by its digest', 'storing.before', true),
  killed('F4b', 'SIGKILL between the image and its row', 'storing.after_store', true),
  killed('F5', 'SIGKILL while starting: instances are adopted by their names, never doubled', 'starting.after_start'),
  killed('F5b', 'SIGKILL between the rows of instances and their start', 'starting.after_rows'),
  killed('F6', 'SIGKILL while checking: goes on with the original deadline', 'checking.before_commit'),
  killed('F7', 'SIGKILL while a hook runs: it is waited for and runs once', 'hook.after_start'),
  {
    id: 'F7b',
    title: 'a hook that vanished with its worker is not run again: failed(hook_interrupted)',
    lane: 'alone',
    async run(stage) {
      const place = await stage.live();
      await place.configure({ hook: { postdeploy: 'sleep 60' } });
      let releaseId = '';
      const doomed = await stage.doomed('hook.after_start', 'stop', async () => (releaseId = await asks(stage, place, false)));
      const [running] = (await stage.instancesOf(place)).filter((row) => row.role === 'hook');
      await stage.machine.engine.docker('rm', '-f', `slw-${running?.id ?? ''}`);
      expect(await place.over(releaseId)).toMatchObject({ outcome: 'failed', failure: { code: 'hook_interrupted', phase: 'hook' } });
      await doomed.kill();
    }, // prettier-ignore
  },
  killed('F8', 'SIGKILL before the routes are published', 'switching.before_publish'),
  killed('F8b', 'SIGKILL between the publication and its confirmation', 'switching.before_ack'),
  killed('F8c', 'SIGKILL after the confirmation, before the rows say so', 'switching.before_commit'),
  killed('F9', 'SIGKILL while draining: goes on to its limit, the release stays live', 'retiring.before_drain'),
  killed('F10', 'SIGKILL before the old instances are stopped', 'retiring.before_stop'),
  killed('F10b', 'SIGKILL before the old instances are removed', 'retiring.before_remove'),
  ...(['starting.after_start', 'switching.before_ack', 'retiring.before_stop'] as const).map((point) => paused(point)),
  {
    id: 'F12',
    title: 'cut from PostgreSQL and not from the engine: stops itself before its lease ends, nothing is started twice',
    lane: 'alone',
    async run(stage) {
      const { machine } = stage;
      const place = await stage.live();
      await place.set('BOOT_MS', String(stage.ms(20_000)));
      const url = new URL(machine.config.DATABASE_URL);
      const cable = await startCable(Number(url.port));
      url.port = String(cable.port);
      const usual = machine.worker.life;
      const cut = machine.startWorker({ DATABASE_URL: url.href });
      await cut.ready;
      usual.send('SIGSTOP');
      const releaseId = await place.request();
      await place.reached(releaseId, 'checking');
      cable.cut();
      usual.send('SIGCONT');
      const ended = await Promise.race([cut.ended, sleep(machine.config.times.lease + 30_000)]);
      expect(ended).toMatchObject({ code: 1 });
      expect(await place.over(releaseId)).toMatchObject({ outcome: 'live', failure: null });
      cable.close();
      stage.did('cut worker from PostgreSQL');
    },
  },
  {
    id: 'F45',
    title: 'a release that kills three workers in one state ends as failed(internal), others go on',
    lane: 'alone',
    async run(stage) {
      const { machine } = stage;
      const [place, other] = [await stage.live(), await stage.live()];
      await place.set('BOOT_MS', String(stage.ms(55_000)));
      const releaseId = await place.request();
      for (let owner = '', kills = 0; kills < 3; kills += 1) {
        const row = await place.until(releaseId, (one) => one.state === 'checking' && one.leaseOwner !== null && one.leaseOwner !== owner, 20_000); // prettier-ignore
        owner = row.leaseOwner ?? '';
        await machine.worker.life.kill();
        await machine.worker.ready();
        stage.did('kill worker');
      }
      await other.set('ANSWER', 'two');
      expect((await other.deploy()).outcome).toBe('live');
      expect(await place.over(releaseId)).toMatchObject({ outcome: 'failed', failure: { code: 'internal', phase: 'checking' } });
    }, // prettier-ignore
  },
  {
    id: 'F49',
    title: 'the worker is replaced by another one in the middle of a release: handed over, not taken over',
    lane: 'alone',
    async run(stage) {
      const { machine } = stage;
      const place = await stage.live();
      await place.set('BOOT_MS', String(stage.ms(20_000)));
      const releaseId = await place.request();
      await place.reached(releaseId, 'checking');
      const next = machine.startWorker();
      await next.ready;
      machine.worker.life.send('SIGTERM');
      const row = await place.over(releaseId);
      expect(row).toMatchObject({ outcome: 'live', takeovers: 0 });
      await machine.worker.ready();
      next.send('SIGTERM');
      expect(await next.ended).toMatchObject({ code: 0 });
      stage.did('replace worker');
    },
  },
];

/** Waits until the n-th attempt of the build has begun and had a moment to start its step. */
async function building(stage: Stage, releaseId: string, attempt: number): Promise<void> {
  for (const end = Date.now() + 30_000; Date.now() < end; await sleep(50)) {
    const rows = await stage.machine.db.select().from(releaseComponents).where(eq(releaseComponents.releaseId, releaseId));
    if (rows.some((row) => row.buildAttempts >= attempt)) return sleep(700);
  } // prettier-ignore
  throw new Error(`attempt ${attempt} did not begin`);
}

/** Further points of F11, for the long form: with the three above each state has one. */
export const morePauses: readonly Scenario[] = (
  ['fetching.after_fetch', 'building.after_build', 'storing.after_store', 'checking.before_commit', 'hook.after_start', 'switching.before_publish', 'switching.before_commit', 'retiring.before_drain'] as const
).map((point) => paused(point)); // prettier-ignore
