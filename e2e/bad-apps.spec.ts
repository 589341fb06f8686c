import { expect, test } from '@playwright/test';
import { ports } from './environment.ts';
import { signedIn } from './first-account.ts';
import { gitToken, startGitServer, type GitServer } from './git-server.ts';
import { send } from './load.ts';
import { makeGitProject, type MadePlace } from './places.ts';
import { deploy, type Program } from './program.ts';

let server: GitServer;
let program: Program;
let place: MadePlace;
test.beforeAll(async () => {
  test.setTimeout(120_000);
  server = await startGitServer(18_490);
  server.create('bad', 'e2e/apps/rolling');
  server.create('empty-root', 'e2e/apps/rolling');
  program = await signedIn();
  // A tenth of 60 s is the limit for starting, as for every other time here.
  place = await makeGitProject(program, server, 'bad', { size: { memoryMib: 96 }, readiness: { settleSeconds: 1 } });
  expect((await deploy(program, place)).failureDetails).toBeNull();
});
test.afterAll(() => server.close());

const listen = (where: string): string =>
  `import { createServer } from 'node:http'; createServer((q, s) => s.end('ok')).listen(${where});\n`;
const dockerfile = (text: string): Record<string, string | null> => ({ Dockerfile: text });
const cases: { name: string; files: Record<string, string | null>; code: string; phase: string; says: RegExp }[] = [
  { name: 'an app that exits', files: { 'server.mjs': "console.error('no database here'); process.exit(3);\n" }, code: 'exited', phase: 'checking', says: /exited with (code )?3/i },
  { name: 'an app that listens on another port', files: { 'server.mjs': listen('8080') }, code: 'wrong_port', phase: 'checking', says: /8080/ },
  { name: 'an app that listens on loopback only', files: { 'server.mjs': listen("Number(process.env.PORT), '127.0.0.1'") }, code: 'loopback_only', phase: 'checking', says: /127\.0\.0\.1/ },
  { name: 'an app that never listens', files: { 'server.mjs': 'setInterval(() => undefined, 1000);\n' }, code: 'boot_timeout', phase: 'checking', says: /listen/i },
  { name: 'an app that is killed for memory', files: { 'server.mjs': 'const all = []; for (;;) all.push(Buffer.alloc(8e6, 1));\n' }, code: 'out_of_memory', phase: 'checking', says: /memory/i },
  { name: 'a Dockerfile whose step fails', files: dockerfile('FROM node:24-bookworm-slim\nRUN node -e "process.exit(9)"\n'), code: 'build_failed', phase: 'building', says: /.+/ },
  { name: 'a base image that does not exist', files: dockerfile('FROM slipway.invalid/nothing:1\n'), code: 'build_failed', phase: 'building', says: /.+/ },
  { name: 'a build that takes too much memory', files: dockerfile('FROM node:24-bookworm-slim\nRUN node --max-old-space-size=16000 -e "const a=[];for(;;)a.push(Buffer.alloc(16e6,1))"\n'), code: 'build_out_of_memory', phase: 'building', says: /memory/i },
]; // prettier-ignore

for (const { name, files, code, phase, says } of cases) {
  test(`${name} fails with its reason, the last lines and a way on, and the previous release keeps serving`, async () => {
    const restore = { Dockerfile: null, 'server.mjs': null };
    server.commit('bad', { ...restore, ...files }, name);
    const release = await deploy(program, place);
    expect(release.failureDetails).toMatchObject({ code, phase });
    expect(`${release.failureDetails?.message} ${release.failureDetails?.lastLines.join(' ')}`).toMatch(says);
    expect(release.failureDetails?.advice).toMatch(/\w+ .*\./);
    expect(release.failureDetails?.fix).toBeTruthy();
    expect((await send({ host: place.host, port: ports.http }, { path: '/' })).status).toBe(200);
  });
}

const refused: { name: string; url: () => string; token?: string; ref?: string; field: RegExp }[] = [
  { name: 'a URL that is no repository', url: () => 'not a url', field: /url/ },
  { name: 'a URL with a command in it', url: () => 'ext::sh -c id', field: /url/ },
  { name: 'a private address that the operator did not allow', url: () => 'http://127.0.0.1:9/x.git', field: /url/ },
  { name: 'a wrong token', url: () => server.url('bad'), token: 'wrong-token', field: /credential|url/ },
  { name: 'a branch that is not there', url: () => server.url('bad'), ref: 'no-such-branch', field: /ref/ },
];
for (const { name, url, token, ref, field } of refused) {
  test(`${name} is refused at its field before anything is made`, async () => {
    const before = (await program.api.projects.list.query({ org: place.org })).length;
    const made = program.api.projects.create.mutate({
      org: place.org, name: 'Refused',
      source: {
        kind: 'git', url: url(), credential: { kind: 'token', username: 'oauth2', token: token ?? gitToken }, ref: { kind: 'branch', name: ref ?? 'main' },
        component: { name: 'web', kind: 'web', settings: {} },
      },
      deployment: { name: 'Production', stage: { name: 'production', kind: 'built' } },
    }); // prettier-ignore
    await expect(made).rejects.toMatchObject({
      data: { reason: 'bad_input', field: expect.stringMatching(field) as unknown },
    });
    expect((await program.api.projects.list.query({ org: place.org })).length).toBe(before);
  });
}
