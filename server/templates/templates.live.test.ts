/** Every component of every template, built by the real builder from its starter source, answers in the real engine. */
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { ensureBaseImages } from '#server/build/base-images.ts';
import { createBuildEngine } from '#server/build/engine.ts';
import { planBuild } from '#server/build/planners/index.ts';
import { listDirectory } from '#server/build/planners/listing.ts';
import { startTestBuilder, type TestBuilder } from '#server/build/testing.ts';
import type { BuildEngine, BuildEvent } from '#server/build/types.ts';
import { mergeSettings } from '#server/domain/settings.ts';
import { Engine } from '#server/runtime/docker/engine.ts';
import { listTemplates, templateSource } from '#server/templates/index.ts';
import type { Template, TemplateComponent } from '#server/templates/types.ts';

const runtime = new Engine('/var/run/docker.sock');
const signal = new AbortController().signal;
const name = `slipway-template-${randomBytes(4).toString('hex')}`;
const references: string[] = [];
let builder: TestBuilder;
let builds: BuildEngine;

beforeAll(async () => {
  builder = await startTestBuilder({ diskGib: 8, memoryMib: 2048 });
  builds = createBuildEngine(builder.config);
  const images = await ensureBaseImages(builder.config, () => undefined, signal);
  expect(images.filter(({ problem }) => problem !== null)).toEqual([]);
}, 600_000);
afterAll(async () => {
  for (const reference of references)
    await runtime.act({ method: 'DELETE', path: `/images/${encodeURIComponent(reference)}`, query: { force: '1' }, signal });
  await runtime.close();
  await builder.remove();
}); // prettier-ignore

/** The image's reference in the runtime engine. */
async function build(
  { slug }: Template,
  component: TemplateComponent,
): Promise<{ reference: string; seconds: number }> {
  const workId = `rel_${slug.replaceAll('-', '')}/cmp_${component.name}`;
  const folder = path.join(builder.config.stateDir, 'work', workId);
  for (const [file, content] of await templateSource(slug)) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), content);
  }
  const { kind, settings } = component;
  const planned = planBuild(await listDirectory(folder), mergeSettings(settings), { name: component.name, kind, buildVariables: ['APP_GREETING'] }); // prettier-ignore
  if (planned.kind === 'failed') throw new Error(planned.message);
  const reference = `slipway/${randomBytes(16).toString('hex')}:1`;
  references.push(reference);
  const lines: string[] = [];
  const note = (event: BuildEvent): void => {
    if (event.kind === 'line') lines.push(event.text);
  };
  const limits = { memoryMib: 2048, cpuMillis: 2000, processes: 1024, timeoutMs: 300_000, imageBytes: 2e9 };
  const buildArgs = { APP_GREETING: 'Built & <greeted>' };
  const since = performance.now();
  const result = await builds.build({ workId, cacheNamespace: 'one', plan: planned.plan, buildArgs, reference, limits }, note, signal); // prettier-ignore
  const seconds = (performance.now() - since) / 1000;
  if (result.kind === 'failed') throw new Error(`${result.message}\n${lines.slice(-30).join('\n')}`);
  await builds.store(result.imageId, reference, signal);
  return { reference, seconds };
}

const inspected = z.object({
  State: z.object({ Running: z.boolean(), ExitCode: z.number() }),
  NetworkSettings: z.object({ IPAddress: z.string() }),
});
const inspect = async (): Promise<z.output<typeof inspected>> => {
  const found = await runtime.json(inspected, { method: 'GET', path: `/containers/${name}/json`, signal });
  if (!found) throw new Error('the container is gone');
  return found;
};

/** Starts the image with the least that an instance gets; runs the check; the exit code after SIGTERM. */
async function runAndStop(
  reference: string,
  env: string[],
  check: (address: string) => Promise<void>,
): Promise<number> {
  const body = {
    Image: reference, Env: env,
    HostConfig: { CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges'], Init: true, Memory: 512 * 1024 ** 2 },
  }; // prettier-ignore
  await runtime.act({ method: 'POST', path: '/containers/create', query: { name }, body, signal });
  try {
    await runtime.act({ method: 'POST', path: `/containers/${name}/start`, signal });
    await check((await inspect()).NetworkSettings.IPAddress);
    await runtime.act({ method: 'POST', path: `/containers/${name}/stop`, query: { t: '9' }, signal });
    return (await inspect()).State.ExitCode;
  } finally {
    await runtime.act({ method: 'DELETE', path: `/containers/${name}`, query: { force: '1' }, signal });
  }
}

/** The first answer of the server; it may need a moment to listen. */
async function answerOf(url: string): Promise<{ status: number; text: string }> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const answer = await fetch(url).catch(() => null);
    if (answer) return { status: answer.status, text: await answer.text() };
    if (Date.now() > deadline) throw new Error(`${url} does not answer`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe.each(listTemplates())('$slug', (template) => {
  it.each(template.components)('builds $name, which answers and stops when it is told to', async (component) => {
    const { reference } = await build(template, component);
    const env = ['PORT=4321', 'RELEASE=7', 'STAGE=test', 'APP_GREETING=Built & <greeted>', 'WEB_URL=http://127.0.0.1:1'];
    const code = await runAndStop(reference, env, async (address) => {
      if (component.kind === 'worker') return;
      const page = await answerOf(`http://${address}:4321/`);
      expect(page.status).toBe(200);
      expect(page.text).toContain('Built &amp; &lt;greeted&gt;');
      const { readiness } = mergeSettings(component.settings);
      if (readiness.http) expect((await answerOf(`http://${address}:4321${readiness.http.path}`)).status).toBe(200);
    });
    expect([0, 143]).toContain(code); // not killed: it ended by itself
  }, 400_000); // prettier-ignore
});
