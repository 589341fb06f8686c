import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod';
import { Engine } from '#server/runtime/docker/engine.ts';
import { label } from '#server/runtime/docker/labels.ts';
import { importTestImage, type TestImage } from '#server/runtime/docker/test-image.ts';
import { removeApplications, resumeApplications, stopApplications } from './applications.ts';
import { newInstallation, prepareStateFolder, writeInstallation } from './state.ts';

const socket = '/var/run/docker.sock';
const created = z.object({ Id: z.string() });
const state = z.object({ State: z.object({ Running: z.boolean() }) });
const [mine, other] = [newInstallation(), newInstallation()];
const signal = AbortSignal.timeout(110_000);
let stateDir = '';
let engine: Engine;
let image: TestImage;
let ours = '';
let theirs = '';
let notLive = '';

async function startContainer(installation: string, restart: 'always' | 'no' = 'always'): Promise<string> {
  const body = {
    Image: image.reference, Cmd: ['/bin/sh', '-c', 'exec busybox sleep 600'], Labels: { [label.installation]: installation },
    HostConfig: { Init: true, NetworkMode: 'none', RestartPolicy: { Name: restart } },
  }; // prettier-ignore
  const container = await engine.json(created, { method: 'POST', path: '/containers/create', body, signal });
  if (!container) throw new Error('no container');
  await engine.act({ method: 'POST', path: `/containers/${container.Id}/start`, signal });
  return container.Id;
}
const isRunning = async (id: string): Promise<boolean | undefined> =>
  (await engine.json(state, { method: 'GET', path: `/containers/${id}/json`, signal }))?.State.Running;

beforeAll(async () => {
  stateDir = mkdtempSync(path.join(tmpdir(), 'slipway-applications-'));
  prepareStateFolder(stateDir);
  writeInstallation(stateDir, mine);
  engine = new Engine(socket);
  image = await importTestImage(socket);
  [ours, theirs, notLive] = await Promise.all([startContainer(mine.id), startContainer(other.id), startContainer(mine.id, 'no')]); // prettier-ignore
});
afterAll(async () => {
  for (const id of [ours, theirs, notLive])
    await engine.act({ method: 'DELETE', path: `/containers/${id}`, query: { force: 'true' }, signal });
  await image.remove();
  await engine.close();
  rmSync(stateDir, { recursive: true, force: true });
});

it("stops this installation's instances, leaves another one's alone, and starts the live ones again", async () => {
  expect(await stopApplications(stateDir, socket)).toBe(2);
  expect([await isRunning(ours), await isRunning(theirs), await isRunning(notLive)]).toEqual([false, true, false]);
  expect(await resumeApplications(stateDir, socket)).toBe(1);
  expect([await isRunning(ours), await isRunning(notLive)]).toEqual([true, false]);
  expect(await resumeApplications(stateDir, socket)).toBe(0);
});

it('does not bring back what was removed between down and up', async () => {
  await stopApplications(stateDir, socket);
  await removeApplications(stateDir, socket);
  expect(await resumeApplications(stateDir, socket)).toBe(0);
  expect([await isRunning(ours), await isRunning(theirs)]).toEqual([undefined, true]);
});
