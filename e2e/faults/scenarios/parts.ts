/** F13 to F20: PostgreSQL, the engine and the edge are restarted, killed, full or refuse. */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { connectAgent } from '#server/agent/client.ts';
import { exec } from '#server/exec.ts';
import { edgePids } from '#e2e/faults/edge-pids.ts';
import type { Place } from '#e2e/faults/places.ts';
import type { Scenario } from '#e2e/faults/scenario.ts';
import type { Stage } from '#e2e/faults/stage.ts';

/** Until the place answers again; how long it took. */
async function answers(stage: Stage, place: Place, limitMs: number): Promise<number> {
  const began = Date.now();
  const probe = stage.probe(place);
  for (;;) {
    const status = await probe.get('/').then((answer) => answer.status, () => 0); // prettier-ignore
    if (status === 200) return Date.now() - began;
    if (Date.now() - began > limitMs) throw new Error(`no answer after ${limitMs} ms`);
    await sleep(20);
  }
}
const changed = async (place: Place): Promise<string> => {
  await place.set('ANSWER', String(Math.random()));
  return place.request();
};

export const partScenarios: readonly Scenario[] = [
  {
    id: 'F13',
    title: 'PostgreSQL is restarted while a release builds, checks and retires: it goes on, no request fails',
    lane: 'alone',
    async run(stage) {
      const place = await stage.base();
      await place.set('BOOT_MS', String(stage.ms(10_000)));
      await place.commit();
      const releaseId = await place.request();
      const states = stage.machine.scale >= 1 ? (['fetching', 'building', 'starting', 'checking', 'hook'] as const) : (['building', 'checking'] as const); // prettier-ignore
      for (const state of states) {
        await place.until(releaseId, (row) => row.state === state || row.outcome !== null, 60_000);
        await stage.machine.postgres.stop();
        await stage.machine.postgres.start();
        stage.did('restart PostgreSQL');
      }
      expect(await place.over(releaseId, 90_000)).toMatchObject({ outcome: 'live', failure: null });
      await stage.machine.postgres.stop();
      await stage.machine.postgres.start();
      await place.set('BOOT_MS', '0');
    },
  },
  {
    id: 'F14',
    title: 'PostgreSQL is away for ten minutes: applications serve, and releases go on afterwards',
    lane: 'alone',
    async run(stage) {
      const place = await stage.base();
      await stage.machine.postgres.stop();
      await sleep(Math.min(stage.ms(600_000), 600_000) / (stage.machine.scale < 1 ? 10 : 1));
      await stage.machine.postgres.start();
      stage.did('stop PostgreSQL');
      await stage.machine.worker.ready();
      expect(await place.over(await changed(place), 90_000)).toMatchObject({ outcome: 'live' });
    },
  },
  {
    id: 'F15',
    title: "PostgreSQL's disk is full: applications serve, a deploy is refused, and it heals without SQL",
    lane: 'alone',
    async run(stage) {
      const place = await stage.base();
      const ballast = path.join(stage.machine.postgres.folder, 'ballast');
      await exec('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=1M']); // ends when the volume is full
      stage.did('fill the disk of PostgreSQL');
      const refused = await Promise.race([place.set('FILL', 'x'.repeat(60_000)).then(() => place.request()).then(() => null, (error: unknown) => error), sleep(20_000)]); // prettier-ignore
      rmSync(ballast);
      if (refused === null) stage.did('accepted a deploy while full');
      await stage.machine.postgres.start(); // as the supervisor does when it ended
      await stage.machine.worker.ready();
      await place.quiet();
      expect(await place.over(await changed(place), 90_000)).toMatchObject({ outcome: 'live' });
    },
  },
  {
    id: 'F16',
    title: 'the engine is restarted with live-restore during a release: no request fails',
    lane: 'alone',
    async run(stage) {
      const place = await stage.base();
      const releaseId = await changed(place);
      await place.until(releaseId, (row) => row.state === 'checking' || row.outcome !== null, 60_000);
      await stage.machine.engine.restart('SIGTERM');
      stage.did('restart engine');
      expect(await place.over(releaseId, 90_000)).toMatchObject({ outcome: 'live', failure: null });
    },
  },
  {
    id: 'F16b',
    title: 'the engine is restarted without live-restore: applications are back within 30 s',
    lane: 'alone',
    async run(stage) {
      const place = await stage.base();
      await place.quiet();
      const over = stage.excuse('the engine ends every container');
      for (let turn = 0; turn < 2; turn += 1) await stage.machine.engine.restart('SIGTERM', false); // the first one takes the setting
      expect(await answers(stage, place, 30_000)).toBeLessThan(30_000);
      over(2000);
      await stage.machine.engine.restart('SIGTERM', true);
      expect(await answers(stage, place, 30_000)).toBeLessThan(30_000);
      over(3000);
      stage.did('restart engine without live-restore');
    },
  },
  {
    id: 'F17',
    title: 'SIGKILL of the engine while instances start, and while old ones stop: nothing double, nothing half made',
    lane: 'alone',
    async run(stage) {
      const place = await stage.base();
      const releaseId = await changed(place);
      await place.until(releaseId, (row) => row.state === 'starting' || row.outcome !== null, 60_000);
      await stage.machine.engine.restart('SIGKILL');
      const live = await place.over(releaseId, 90_000);
      expect(live).toMatchObject({ outcome: 'live', failure: null });
      await sleep(stage.ms(22_000)); // by now the old ones are being stopped
      await stage.machine.engine.restart('SIGKILL');
      stage.did('kill engine');
    },
  },
  {
    id: 'F18',
    title: 'SIGKILL of the edge: it serves from the last saved routes within 2 s',
    lane: 'alone',
    async run(stage) {
      const place = await stage.base();
      const over = stage.excuse('the edge is dead');
      for (const pid of edgePids(stage.machine.stateDir)) process.kill(pid, 'SIGKILL');
      stage.did('kill edge');
      const tookMs = await answers(stage, place, 20_000);
      over(200);
      expect(tookMs).toBeLessThan(stage.busy(2000));
    },
  },
  {
    id: 'F18b',
    title: 'the edge is reloaded: the old process drains, no request fails',
    lane: 'alone',
    async run(stage) {
      const place = await stage.base();
      const [master] = edgePids(stage.machine.stateDir);
      for (let turn = 0; turn < 3; turn += 1) {
        process.kill(Math.min(master ?? 0, ...edgePids(stage.machine.stateDir)), 'SIGUSR2');
        await sleep(700);
        stage.did('reload edge');
      }
      expect(await place.over(await changed(place))).toMatchObject({ outcome: 'live' });
    },
  },
  {
    id: 'F19',
    title: 'the edge refuses the routes: the old ones stay, the release fails and says so',
    lane: 'beside',
    async run(stage) {
      const [first, second] = [await stage.live(), await stage.place()];
      await second.deploy();
      const agent = connectAgent(path.join(stage.machine.stateDir, 'run', 'agent.sock'));
      const { edge } = agent({ scope: 'intruder', number: 1 });
      const host = `x.${first.ids.host}`;
      const settings = { responseTimeoutMs: 1000, tunnelTimeoutMs: 1000, maxConnections: 10, queueLimit: 0 };
      const targets = [{ key: 'cmp_x', servers: [], settings, routes: [{ host, path: '/' }] }];
      await edge.publish({ deploymentId: 'dep_intruder', releaseId: 'rel_x', generation: 1, targets, notices: [] }, AbortSignal.timeout(10_000)); // prettier-ignore
      const taken = { deploymentId: 'dep_intruder', releaseId: 'rel_x', generation: 2, notices: [], targets: [{ key: 'cmp_x', servers: [], settings, routes: [{ host: first.ids.host, path: '/' }] }] }; // prettier-ignore
      await expect(edge.publish(taken, AbortSignal.timeout(10_000))).rejects.toMatchObject({ code: 'conflict' });
      // The component asks for a path of its own host, which somebody else has by now.
      const own = await stage.takeOwnHost(first);
      await edge.publish({ ...taken, targets: [{ key: 'cmp_x', servers: [], settings, routes: [{ host: own, path: '/' }] }] }, AbortSignal.timeout(10_000)); // prettier-ignore
      const row = await first.over(await changed(first));
      await edge.withdraw('dep_intruder', AbortSignal.timeout(10_000));
      expect(row).toMatchObject({ outcome: 'failed', failure: { code: 'edge_refused', phase: 'switching' } });
    },
  },
  {
    id: 'F20',
    title: 'many rollouts of one tenant close no socket of another',
    lane: 'beside',
    async run(stage) {
      const full = stage.machine.scale >= 1;
      const [busy, calm] = [await stage.place(), await stage.place()];
      await Promise.all([busy.deploy(), calm.deploy()]);
      const load = stage.load(calm, full ? 10 : 5);
      await sleep(1000);
      for (let turn = 0; turn < (full ? 100 : 6); turn += 1) {
        expect(await busy.over(await busy.restart())).toMatchObject({ outcome: 'live' });
        stage.did('restart');
      }
      expect(load.closed).toBe(0);
    },
  },
];
