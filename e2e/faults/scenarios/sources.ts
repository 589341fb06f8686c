/** F36 and F44: Git servers that never come to an end, and a queue of many tenants before four workers. */
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { eq, inArray } from 'drizzle-orm';
import { expect } from 'vitest';
import { regions } from '#server/db/schema/platform.ts';
import { repositories } from '#server/db/schema/projects.ts';
import { releases, releaseSteps } from '#server/db/schema/releases.ts';
import { startGitHttpServer } from '#e2e/support/git-http-server.ts';
import { Tenant } from '#e2e/faults/places.ts';
import type { Scenario } from '#e2e/faults/scenario.ts';
import type { Stage } from '#e2e/faults/stage.ts';

type Habit = 'slow' | 'endless' | 'loop';

/** A real Git server behind one that answers references and then does this when the objects are asked for. */
async function startBadServer(stage: Stage, habit: Habit): Promise<{ url: string; close(): Promise<void> }> {
  const git = await startGitHttpServer(path.join(stage.machine.stateDir, 'repositories'));
  const server = createServer((request, response) => void answer(request, response));
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (habit === 'loop') return void response.writeHead(302, { location: request.url }).end();
    const body = await buffer(request);
    const asked = body.toString('latin1');
    if (asked.includes('command=fetch')) return misbehave(habit, response);
    const passed = httpRequest(`${git.url}${request.url ?? ''}`, { method: request.method, headers: request.headers }, (from) => {
      response.writeHead(from.statusCode ?? 500, from.headers);
      from.pipe(response);
    }); // prettier-ignore
    passed.on('error', () => response.destroy()).end(body);
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await git.close();
    },
  };
}
function misbehave(habit: Habit, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/x-git-upload-pack-result' });
  const line = (channel: number, text: string): string =>
    `${(text.length + 5).toString(16).padStart(4, '0')}${String.fromCharCode(channel)}${text}`;
  const section = 'packfile\n';
  response.write(`${(section.length + 4).toString(16).padStart(4, '0')}${section}`);
  const timer = setInterval(
    () => response.write(habit === 'slow' ? '0' : line(2, 'x'.repeat(900)).repeat(50)),
    habit === 'slow' ? 1000 : 20,
  );
  response.on('close', () => clearInterval(timer));
}

const badServer = (id: string, title: string, habit: Habit): Scenario => ({
  id,
  title,
  lane: 'beside',
  async run(stage) {
    const [place, other] = [await stage.place(), await stage.live()];
    const server = await startBadServer(stage, habit);
    try {
      const { repositoryId } = place.ids;
      const url = `${server.url}/${repositoryId}.git`;
      await stage.machine.db.update(repositories).set({ kind: 'git', url }).where(eq(repositories.id, repositoryId));
      const began = Date.now();
      const releaseId = await place.request();
      await other.set('ANSWER', 'well');
      expect((await other.deploy()).outcome).toBe('live');
      const row = await place.over(releaseId, stage.busy(stage.ms(300_000) + 10_000));
      expect(row.outcome).toBe('failed');
      expect(row.failure?.code).toMatch(/^clone_/);
      expect(Date.now() - began).toBeLessThan(stage.busy(stage.ms(300_000) + 5000));
    } finally {
      await server.close();
    }
    stage.did('fetch from a bad server');
  },
});

export const sourceScenarios: readonly Scenario[] = [
  badServer('F36', 'a Git server that sends a byte per second: failed at the limit, others go on', 'slow'),
  badServer('F36b', 'a Git server whose answer never ends', 'endless'),
  badServer('F36c', 'a Git server that redirects in a circle', 'loop'),
  {
    id: 'F44',
    title: 'many tenants queue before four workers: none lost, none twice, who asks once is served early',
    lane: 'alone',
    async run(stage) {
      const { machine } = stage;
      const [tenants, each] = machine.scale >= 1 ? [50, 20] : [8, 6];
      const first = await Tenant.create(machine);
      await machine.db.update(regions).set({ enabled: false, buildSlots: 4, orgLimit: 4 }).where(eq(regions.id, first.regionId)); // prettier-ignore
      const ask = async (tenant: Tenant): Promise<string> => {
        const place = await tenant.place({ settings: { rootDirectory: 'missing' } });
        return place.request();
      };
      const all: string[] = [];
      for (let index = 0; index < tenants; index += 1) {
        const tenant = index === 0 ? first : await Tenant.create(machine, first.regionId);
        for (let job = 0; job < each; job += 1) all.push(await ask(tenant));
        stage.did('tenant with many jobs');
      }
      const single = await ask(await Tenant.create(machine, first.regionId)); // the last one to ask
      all.push(single);
      const more: ReturnType<typeof machine.startWorker>[] = [];
      for (let count = 0; count < 3; count += 1) {
        const life = machine.startWorker();
        more.push(life);
        await life.ready;
      }
      await machine.db.update(regions).set({ enabled: true }).where(eq(regions.id, first.regionId));
      const rows = await over(stage, all, machine.scale >= 1 ? 600_000 : 120_000);
      for (const life of more) life.send('SIGTERM');
      await Promise.all(more.map((life) => life.ended));
      expect(rows.map((row) => row.failure?.code)).toEqual(all.map(() => 'root_missing'));
      const steps = await machine.db.select().from(releaseSteps).where(inArray(releaseSteps.releaseId, all));
      expect(steps.filter((step) => step.state === 'fetching')).toHaveLength(all.length);
      const order = rows.toSorted((a, b) => (a.startedAt?.getTime() ?? 0) - (b.startedAt?.getTime() ?? 0));
      expect(order.findIndex((row) => row.id === single)).toBeLessThan(tenants + 2 * 4 + 1);
    },
  },
];

async function over(stage: Stage, ids: readonly string[], limitMs: number): Promise<(typeof releases.$inferSelect)[]> {
  const read = (): Promise<(typeof releases.$inferSelect)[]> =>
    stage.machine.db.select().from(releases).where(inArray(releases.id, [...ids])); // prettier-ignore
  await stage.eventually(async () => (await read()).every((row) => row.outcome !== null), limitMs);
  return read();
}
