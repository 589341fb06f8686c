import { expect, test } from '@playwright/test';
import { ports } from './environment.ts';
import { containersOf, pidOf } from './facts.ts';
import { signedIn } from './first-account.ts';
import { startGitServer, type GitServer } from './git-server.ts';
import { npmRun } from './installation.ts';
import { send } from './load.ts';
import { makeGitProject } from './places.ts';
import { deploy, Program } from './program.ts';
import { cutPower } from './power.ts';

let server: GitServer;
test.beforeAll(async () => {
  server = await startGitServer(18_490);
  server.create('rebooted', 'e2e/apps/rolling');
});
test.afterAll(() => server.close());

test('after every process, container and the edge were killed, npm run up brings apps and accounts back', async () => {
  test.setTimeout(240_000);
  const program = await signedIn();
  const place = await makeGitProject(program, server, 'rebooted', { size: { memoryMib: 128 } });
  expect((await deploy(program, place)).failureDetails).toBeNull();
  const before = containersOf();
  for (const pid of [pidOf('supervisor'), pidOf('web'), pidOf('worker'), pidOf('agent'), pidOf('postgres')])
    process.kill(pid, 'SIGKILL');
  cutPower();
  await expect(send({ host: place.host, port: ports.http }, { path: '/' })).rejects.toThrow();

  await npmRun('up');
  await expect
    .poll(
      () =>
        send({ host: place.host, port: ports.http }, { path: '/' }).then(
          (answer) => answer.status,
          () => 0,
        ),
      { timeout: 60_000 },
    )
    .toBe(200);
  expect(containersOf()).toEqual(before);
  const again = new Program();
  await again.signIn();
  expect((await again.api.projects.get.query({ org: place.org, project: place.projectId })).id).toBe(place.projectId);
});
