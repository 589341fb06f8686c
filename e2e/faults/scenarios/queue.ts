/** F37 to F43 and F51: several things at once, aborts, rollbacks, deletion, other clocks, clean-up beside a rollback. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { eq, sql } from 'drizzle-orm';
import { expect } from 'vitest';
import { deployments } from '#server/db/schema/projects.ts';
import type { ReleaseState } from '#server/domain/release-machine.ts';
import { collectArtifacts } from '#server/db/system/artifacts.ts';
import { databaseNow } from '#server/db/now.ts';
import { appFiles, type Place } from '#e2e/faults/places.ts';
import type { Scenario } from '#e2e/faults/scenario.ts';
import type { Stage } from '#e2e/faults/stage.ts';

const liveNumber = async (stage: Stage, place: Place): Promise<number> => {
  const [row] = await stage.machine.db.select().from(deployments).where(eq(deployments.id, place.ids.deploymentId));
  return (await place.row(row?.liveReleaseId ?? '')).number ?? 0;
};
const faketime = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';

/** A worker whose clock is off does a whole release. */
const offClock = (id: string, title: string, offset: string, jump?: string): Scenario => ({
  id,
  title,
  lane: 'alone',
  async run(stage) {
    const { machine } = stage;
    const place = await stage.base();
    const file = path.join(machine.stateDir, 'clock');
    writeFileSync(file, offset);
    const off = machine.startWorker({ LD_PRELOAD: faketime, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' }); // prettier-ignore
    await off.ready;
    const usual = machine.worker.life;
    usual.send('SIGSTOP');
    await place.commit(appFiles(String(Math.random()), jump === undefined ? [] : ['RUN sleep 2']));
    const releaseId = await place.request();
    if (jump !== undefined) {
      await place.reached(releaseId, 'building');
      writeFileSync(file, jump);
    }
    const row = await place.over(releaseId);
    expect(row).toMatchObject({ outcome: 'live', failure: null, takeovers: 0 });
    expect(Math.abs((row.liveAt?.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
    await place.quiet();
    usual.send('SIGCONT');
    off.send('SIGTERM');
    await off.ended;
    stage.did('deploy by another clock');
  },
});

export const queueScenarios: readonly Scenario[] = [
  {
    id: 'F37',
    title: 'two deploys in the same millisecond: one runs, the newest is live at the end',
    lane: 'beside',
    async run(stage) {
      const place = await stage.live();
      await place.set('ANSWER', 'both');
      const ids = await Promise.all([place.request(), place.request()]);
      const rows = await Promise.all(ids.map((id) => place.over(id)));
      const newest = Math.max(...rows.map((row) => row.number ?? 0));
      expect(await liveNumber(stage, place)).toBe(newest);
      stage.did('two deploys at once');
    },
  },
  {
    id: 'F38',
    title: 'twenty pushes in five seconds: those between the first and the last are superseded',
    lane: 'beside',
    async run(stage) {
      const place = await stage.live();
      const ids: string[] = [];
      for (let push = 0; push < 20; push += 1) {
        await place.set('ANSWER', String(push));
        ids.push(await place.request({ by: 'push', ref: 'main' }));
        await sleep(stage.ms(250));
        stage.did('push');
      }
      const rows = await Promise.all(ids.map((id) => place.over(id)));
      expect(rows.at(-1)).toMatchObject({ outcome: 'live' });
      expect(rows.filter((row) => row.outcome === 'superseded').length).toBeGreaterThanOrEqual(10);
      expect(rows.filter((row) => row.outcome !== 'superseded' && row.outcome !== 'live')).toEqual([]);
    },
  },
  {
    id: 'F39',
    title: 'an abort in each phase: aborted within 15 s before the switch, refused afterwards',
    lane: 'beside',
    async run(stage) {
      const place = await stage.live();
      await place.configure({ hook: { postdeploy: 'sleep 2' } });
      await place.set('BOOT_MS', '1000');
      const rounds = stage.machine.scale >= 1 ? 20 : 1;
      const states: readonly ReleaseState[] = ['queued', 'fetching', 'building', 'storing', 'starting', 'checking', 'hook', 'switching']; // prettier-ignore
      for (const state of states.flatMap((one) => Array<ReleaseState>(rounds).fill(one))) {
        if (state === 'building' || state === 'storing')
          await place.commit(appFiles(String(Math.random()), ['RUN sleep 1']));
        await place.set('ANSWER', String(Math.random()));
        const id = await place.request();
        const seen = await place.until(id, (row) => row.state === state || row.outcome !== null, 60_000);
        const asked = Date.now();
        const refused: unknown = await place.abort(id).then(() => null, (error: unknown) => error); // prettier-ignore
        const row = await place.over(id);
        stage.did(`abort while ${seen.state}`);
        if (refused === null) {
          expect(row).toMatchObject({ outcome: 'aborted' });
          expect(Date.now() - asked).toBeLessThan(15_000);
        } else {
          expect(refused).toMatchObject({ code: 'conflict' });
          expect(row).toMatchObject({ outcome: 'live' });
        }
      }
      const live = place.requested.at(0) ?? '';
      await place.configure({});
      await place.set('BOOT_MS', '0');
      await place.deploy();
      await expect(place.abort(live)).rejects.toMatchObject({ code: 'conflict' });
    },
  },
  {
    id: 'F40',
    title:
      'a rollback during a deploy supersedes it; two rollbacks are one; a pruned image is refused with those that are there',
    lane: 'beside',
    async run(stage) {
      const place = await stage.live({ files: appFiles(`one ${String(Math.random())}`) });
      const first = place.requested[0] ?? '';
      await place.commit(appFiles(`two ${String(Math.random())}`));
      const second = (await place.deploy()).id;
      await place.set('BOOT_MS', '3000');
      const deploying = await place.request();
      await place.reached(deploying, 'checking');
      const [one, two] = await Promise.all([place.rollback(first), place.rollback(first)]);
      expect(one).toBe(two);
      expect(await place.over(deploying)).toMatchObject({ outcome: 'superseded' });
      expect(await place.over(one)).toMatchObject({ outcome: 'live', kind: 'rollback' });
      // As the clean-up does it: the row first.
      const collected = sql`update artifacts set removed_at = now() where id in (select artifact_id from release_components where release_id = ${second})`;
      await stage.machine.db.execute(collected);
      await expect(place.rollback(second)).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('can') as string }); // prettier-ignore
      stage.did('rollback');
    },
  },
  {
    id: 'F41',
    title: 'the deployment is deleted while it deploys: everything is gone within a minute',
    lane: 'beside',
    async run(stage) {
      const place = await stage.place();
      await place.deploy();
      await place.set('BOOT_MS', '2000');
      const id = await place.request();
      await place.reached(id, 'checking');
      const { deploymentId } = place.ids;
      const deletedAt = new Date(Date.now() - 49 * 3_600_000);
      await stage.machine.db.update(deployments).set({ power: 'trashed', deletedAt }).where(eq(deployments.id, deploymentId)); // prettier-ignore
      const gone = async (): Promise<boolean> =>
        (await stage.machine.db.select().from(deployments).where(eq(deployments.id, deploymentId))).length === 0;
      await stage.eventually(gone, 60_000);
      expect(await stage.machine.engine.docker('ps', '-aq', '--filter', `label=slipway.deployment=${deploymentId}`)).toEqual([]); // prettier-ignore
      stage.did('delete deployment');
    },
  },
  {
    id: 'F42',
    title: 'a variable is changed while a release is on its way: the release keeps its own value',
    lane: 'beside',
    async run(stage) {
      const place = await stage.live();
      await place.set('ANSWER', 'before');
      await place.set('BOOT_MS', '1500');
      const id = await place.request();
      await place.until(id, (row) => row.state !== 'queued', 20_000);
      await place.set('ANSWER', 'after');
      expect(await place.over(id)).toMatchObject({ outcome: 'live' });
      expect(JSON.parse((await stage.probe(place).get('/')).body)).toMatchObject({ answer: 'before' });
      stage.did('change variable');
    },
  },
  offClock('F43', "the worker's clock is an hour ahead: deadlines go by the database", '+1h'),
  offClock('F43b', "the worker's clock is an hour behind", '-1h'),
  offClock('F43c', "the worker's clock jumps an hour during a build", '+0', '+1h'),
  {
    id: 'F51',
    title: 'images are collected while rollbacks are asked for: what was offered is there',
    lane: 'beside',
    async run(stage) {
      const place = await stage.live();
      for (const code of ['b', 'c']) {
        await place.commit(appFiles(`${code} ${String(Math.random())}`));
        await place.deploy();
      }
      for (const target of place.requested.slice(0, 2)) {
        const [asked] = await Promise.all([
          place.rollback(target).then((id) => id, () => null),
          collectArtifacts(stage.machine.db, databaseNow),
        ]); // prettier-ignore
        if (asked !== null) expect(await place.over(asked)).toMatchObject({ outcome: 'live', failure: null });
        stage.did(asked === null ? 'rollback refused' : 'rollback');
      }
    },
  },
];
