import { expect, test } from '@playwright/test';
import { pidOf } from './facts.ts';
import { dashboard } from './environment.ts';
import { signedIn, signInPage } from './first-account.ts';
import { startGitServer, type GitServer } from './git-server.ts';
import { makeGitProject } from './places.ts';
import { waitForEnd } from './program.ts';

const count = 50_000;
let server: GitServer;
test.beforeAll(async () => {
  server = await startGitServer(18_490);
  server.create('flood', 'e2e/apps/rolling');
  // The time keeps the builder from answering with what it built before.
  const script = `// ${Date.now()}\nlet n = 0; const t = setInterval(() => { for (let i = 0; i < ${count / 200}; i++) console.log('numbered line ' + ++n); if (n >= ${count}) clearInterval(t); }, 100);`;
  server.commit(
    'flood',
    {
      Dockerfile:
        'FROM node:24-bookworm-slim\nWORKDIR /app\nCOPY . .\nRUN node flood.cjs\nRUN npm ci\nCMD ["node", "server.mjs"]\nEXPOSE 3000\n',
      'flood.cjs': script,
    },
    'Say much',
  );
});
test.afterAll(() => server.close());

const numbered = (text: string): number[] =>
  [...text.matchAll(/numbered line (\d+)/gu)].map((match) => Number(match[1]));
const expected = Array.from({ length: count }, (_entry, index) => index + 1);

test('50,000 lines in 20 s are kept once and in order, through three reloads and a restart of web', async ({
  page,
}) => {
  test.setTimeout(300_000);
  const program = await signedIn();
  const place = await makeGitProject(program, server, 'flood', { size: { memoryMib: 128 } });
  const { releaseId, number } = await program.api.releases.request.mutate({
    org: place.org,
    deploymentId: place.deploymentId,
    kind: 'deploy',
  });
  await signInPage(page);
  const address = `/${place.org}/${place.projectSlug}/${place.deploymentSlug}/releases/${number}`;
  await page.goto(address);
  await expect(page.getByText(/numbered line \d+/).first()).toBeVisible({ timeout: 60_000 });
  for (let reload = 0; reload < 3; reload += 1) {
    await page.reload();
    await expect(page.getByText(/numbered line \d+/).first()).toBeVisible({ timeout: 30_000 });
    if (reload === 1) process.kill(pidOf('web'), 'SIGKILL');
    if (reload === 1)
      await expect
        .poll(async () => (await program.fetch(`${dashboard}/api/health`)).status, { timeout: 60_000 })
        .toBe(200);
  }
  const release = await waitForEnd(program, place.org, releaseId, 180_000);
  expect(release.failureDetails).toBeNull();

  const download = await (await program.fetch(`${dashboard}/api/releases/${releaseId}/log?org=${place.org}`)).text();
  const kept = numbered(download);
  expect([kept.length, kept.findIndex((line, index) => line !== expected[index])]).toEqual([count, -1]);
  // The page holds the same lines: a virtual list shows a part of them, its search sees all.
  await page.reload();
  await page
    .getByRole('button', { name: /building|Build/i })
    .first()
    .click();
  await page.keyboard.press('/');
  await page.getByRole('searchbox').first().fill(`numbered line ${count}`);
  await expect(page.getByText(`numbered line ${count}`, { exact: true }).first()).toBeVisible();
});
