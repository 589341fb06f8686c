import { expect, test } from '@playwright/test';
import { ports } from './environment.ts';
import { signedIn } from './first-account.ts';
import { startGitServer, type GitServer } from './git-server.ts';
import { send } from './load.ts';
import { makeGitProject, type GitAccess, type MadePlace } from './places.ts';
import { deploy, type Program } from './program.ts';

let server: GitServer;
let program: Program;
let place: MadePlace;
test.beforeAll(async () => {
  test.setTimeout(120_000);
  server = await startGitServer(18_490);
  server.create('bad', 'e2e/apps/rolling');
  server.create('plain', 'e2e/apps/rolling');
  server.createEmpty('nothing');
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
  { name: 'an app that exits', files: { 'server.mjs': "console.error('no database here'); process.exit(3);\n" }, code: 'exited', phase: 'checking', says: /exit code 3.* no database here/ },
  { name: 'an app that listens on another port', files: { 'server.mjs': listen('8080') }, code: 'wrong_port', phase: 'checking', says: /8080/ },
  { name: 'an app that listens on loopback only', files: { 'server.mjs': listen("Number(process.env.PORT), '127.0.0.1'") }, code: 'loopback_only', phase: 'checking', says: /127\.0\.0\.1/ },
  { name: 'an app that never listens', files: { 'server.mjs': 'setInterval(() => undefined, 1000);\n' }, code: 'boot_timeout', phase: 'checking', says: /listen/i },
  { name: 'an app that is killed for memory', files: { 'server.mjs': 'const all = []; for (;;) all.push(Buffer.alloc(8e6, 1));\n' }, code: 'out_of_memory', phase: 'checking', says: /memory/i },
  { name: 'a Dockerfile whose step fails', files: dockerfile('FROM node:24-bookworm-slim\nRUN node -e "process.exit(9)"\n'), code: 'build_failed', phase: 'building', says: /.+/ },
  { name: 'a base image that does not exist', files: dockerfile('FROM slipway.invalid/nothing:1\n'), code: 'image_unavailable', phase: 'building', says: /.+/ },
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

const refused: { name: string; url: string }[] = [
  { name: 'a URL that is no repository', url: 'not a url' },
  { name: 'a URL with a command in it', url: 'ext::sh -c id' },
  { name: 'a private address that the operator did not allow', url: 'http://127.0.0.1:9/x.git' },
];
for (const { name, url } of refused) {
  test(`${name} is refused at its field before anything is made`, async () => {
    const before = (await program.api.projects.list.query({ org: place.org })).length;
    const made = makeGitProject(program, { ...server, url: () => url }, 'refused');
    await expect(made).rejects.toMatchObject({
      data: { reason: 'bad_input', field: expect.stringContaining('url') as unknown },
    });
    expect((await program.api.projects.list.query({ org: place.org })).length).toBe(before);
  });
}

const unreadable: { name: string; access: GitAccess; settings?: Record<string, unknown>; code: string }[] = [
  { name: 'a wrong token', access: { token: 'wrong-token' }, code: 'clone_credentials' },
  { name: 'a branch that is not there', access: { branch: 'no-such-branch' }, code: 'ref_missing' },
  { name: 'a repository without a commit', access: { repository: 'nothing' }, code: 'repository_empty' },
  { name: 'a root directory that is not there', access: { rootDirectory: 'no/such/folder' }, code: 'root_missing' },
  { name: 'a Dockerfile that is not there', access: {}, settings: { build: { planner: 'dockerfile' } }, code: 'dockerfile_missing' },
]; // prettier-ignore
for (const { name, access, settings, code } of unreadable) {
  test(`${name} ends the release with its reason and a way on`, async () => {
    const repository = access.repository ?? 'plain';
    const made = await makeGitProject(program, server, repository, settings ?? {}, access);
    const release = await deploy(program, made);
    expect(release).toMatchObject({ outcome: 'failed', failureDetails: { code } });
    expect(release.failureDetails?.advice).toMatch(/\w+ .*\./);
    expect(release.failureDetails?.fix).toBeTruthy();
  });
}
