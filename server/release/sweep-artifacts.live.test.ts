/** The clean-up against a real engine that others use too: what is not ours is not touched. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import * as z from 'zod';
import { createTestDatabase, type TestDatabase } from '#server/db/testing.ts';
import { newId } from '#server/ids.ts';
import { type Bench, createBench } from '#server/release/bench.ts';
import { sweepArtifacts } from '#server/release/sweep-artifacts.ts';
import { sweepOrphans } from '#server/release/sweep.ts';
import { DockerArtifacts } from '#server/runtime/docker/artifacts.ts';
import { createDockerRuntime } from '#server/runtime/docker/driver.ts';
import { Engine } from '#server/runtime/docker/engine.ts';
import { importTestImage, type TestImage } from '#server/runtime/docker/test-image.ts';
import { label } from '#server/runtime/docker/labels.ts';
import { FakeVolumes } from '#server/volumes/fake.ts';

const socketPath = '/var/run/docker.sock';
const engine = new Engine(socketPath);
const never = new AbortController().signal;
const installationId = newId('installation');
const foreign = { name: `slw-test-${randomBytes(4).toString('hex')}` };
const images: TestImage[] = [];
let database: TestDatabase;
let bench: Bench;

beforeAll(async () => {
  database = await createTestDatabase(inject('pgAdminUrl'));
  bench = await createBench(database);
});
afterAll(async () => {
  await engine.act({ method: 'DELETE', path: `/containers/${foreign.name}`, query: { force: '1' }, signal: never });
  await engine.act({ method: 'DELETE', path: `/volumes/${foreign.name}`, signal: never });
  for (const image of images) await image.remove();
  await engine.close();
  await bench.close();
  await database.close();
});
const exists = (path: string): Promise<boolean> =>
  engine.json(z.unknown(), { method: 'GET', path, signal: never }).then((found) => found !== null);

test('an image of ours without a row goes; images, containers and volumes of others stay', async () => {
  const [own, others, plain] = [
    await importTestImage(socketPath, { [label.installation]: installationId }),
    await importTestImage(socketPath, { [label.installation]: newId('installation') }),
    await importTestImage(socketPath),
  ];
  images.push(own, others, plain);
  await engine.act({ method: 'POST', path: '/volumes/create', body: { Name: foreign.name }, signal: never });
  const Labels = { [label.installation]: newId('installation'), [label.instance]: newId('instance') };
  const body = { Image: plain.reference, Cmd: ['busybox', 'sleep', '600'], Labels, HostConfig: { Binds: [`${foreign.name}:/data`] } }; // prettier-ignore
  await engine.act({ method: 'POST', path: '/containers/create', query: { name: foreign.name }, body, signal: never });
  const { instances, sessions } = await createDockerRuntime(engine, {
    installationId,
    stateDir: '/nonexistent',
    volumes: new FakeVolumes(() => new Map()),
  });
  const artifacts = new DockerArtifacts(engine, installationId);
  const worker = bench.worker('cleaner', {
    region: () => ({ ...bench.region.region, artifacts, instances, sessions }),
  });
  expect(await sweepArtifacts(worker, never)).toMatchObject({ orphans: 1, removed: 0 });
  expect(await sweepOrphans(worker, never)).toMatchObject({ instances: 0 });
  const image = (reference: string): Promise<boolean> => exists(`/images/${encodeURIComponent(reference)}/json`);
  expect(await image(own.reference)).toBe(false);
  expect([await image(others.reference), await image(plain.reference)]).toEqual([true, true]);
  expect(await exists(`/containers/${foreign.name}/json`)).toBe(true);
  expect(await exists(`/volumes/${foreign.name}`)).toBe(true);
});
