import { expect, test } from '@playwright/test';
import { ports } from './environment.ts';
import { startGitServer, type GitServer } from './git-server.ts';
import { backwardSteps, Load, send } from './load.ts';
import { makeGitProject } from './places.ts';
import { postsInConsole } from './posts.ts';
import { deploy, Program } from './program.ts';
import { signedIn } from './first-account.ts';

const rolls = 20;
let server: GitServer;
test.beforeAll(async () => {
  server = await startGitServer(18_490);
  server.create('rolling', 'e2e/apps/rolling');
  server.create('neighbour', 'e2e/apps/rolling');
});
test.afterAll(() => server.close());

test('20 deploys in a row under mixed load lose no request, repeat no POST, and nobody goes back to old code', async () => {
  test.setTimeout(20 * 60_000);
  const program: Program = await signedIn();
  const settings = {
    instances: 2,
    size: { memoryMib: 128, cpuMillis: 500 },
    readiness: { drainSeconds: 300, settleSeconds: 1 },
  };
  const place = await makeGitProject(program, server, 'rolling', settings);
  const neighbour = await makeGitProject(program, server, 'neighbour', { size: { memoryMib: 128 } });
  expect((await deploy(program, neighbour)).failureDetails).toBeNull();
  expect((await deploy(program, place)).failureDetails).toBeNull();

  const sockets = await openSockets(neighbour.host, 200);
  const load = new Load({ host: place.host, port: ports.http });
  load.start();
  for (let roll = 1; roll <= rolls; roll += 1) {
    server.commit('rolling', { 'version.mjs': `export const version = 'v${roll}';\n` }, `Version ${roll}`);
    const release = await deploy(program, place);
    expect([roll, release.outcome, release.failureDetails]).toEqual([roll, 'live', null]);
    const answer = await send({ host: place.host, port: ports.http }, { path: '/' });
    expect(JSON.parse(answer.body)).toMatchObject({ version: `v${roll}`, release: String(release.number) });
  }
  await load.stop();

  expect(load.failures).toEqual([]);
  expect(
    load.answers.filter((answer) => ['get', 'post', 'slow'].includes(answer.kind) && answer.release === ''),
  ).toEqual([]);
  expect(backwardSteps(load.answers.filter((answer) => answer.kind !== 'socket'))).toBe(0);
  expect(sockets.closed()).toBe(0);
  sockets.close();

  const received = await postsInConsole(program, place);
  const sent = load.answers.filter((answer) => answer.kind === 'post').map((answer) => answer.id);
  expect(sent.length).toBeGreaterThan(500);
  expect(sent.filter((id) => id !== null && received.get(id) !== 1)).toEqual([]);
});

async function openSockets(host: string, count: number): Promise<{ closed(): number; close(): void }> {
  const { WebSocket } = await import('ws');
  const open = await Promise.all(
    Array.from({ length: count }, () => {
      const socket = new WebSocket(`ws://127.0.0.1:${ports.http}/ws`, { headers: { host: `${host}:${ports.http}` } });
      return new Promise<typeof socket>((resolve, reject) =>
        socket.once('open', () => resolve(socket)).once('error', reject),
      );
    }),
  );
  return {
    closed: () => open.filter((socket) => socket.readyState !== WebSocket.OPEN).length,
    close: () => open.forEach((socket) => socket.terminate()),
  };
}
