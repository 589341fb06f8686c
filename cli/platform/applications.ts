/** The installation's containers, which serve without Slipway. Only `down -- --apps` touches them. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { Engine } from '#server/runtime/docker/engine.ts';
import { label, labelled } from '#server/runtime/docker/labels.ts';
import { readInstallation, statePaths, writePrivate } from './state.ts';

const containers = z.array(z.object({ Id: z.string() }));
const networks = z.array(z.object({ Id: z.string() }));
const limitMs = 120_000;
const stopGraceSeconds = 30;

const stoppedFile = (stateDir: string): string => path.join(statePaths(stateDir).run, 'stopped-applications.json');

/** Runs `work` with the engine and the filter that holds nothing but this installation's objects. */
async function withEngine<T>(
  stateDir: string,
  socket: string,
  work: (engine: Engine, filters: (more?: Record<string, string[]>) => string) => Promise<T>,
): Promise<T | null> {
  const installation = readInstallation(stateDir);
  if (!installation || !existsSync(socket)) return null;
  const engine = new Engine(socket);
  try {
    return await work(engine, (more) => labelled({ [label.installation]: installation.id }, more));
  } finally {
    await engine.close();
  }
}

/** Stops the containers and writes down which, so that the next `up` starts them again. Answers how many. */
export async function stopApplications(stateDir: string, socket: string): Promise<number> {
  const stopped = await withEngine(stateDir, socket, async (engine, filters) => {
    const signal = AbortSignal.timeout(limitMs);
    const query = { filters: filters({ status: ['running', 'restarting'] }) };
    const found = (await engine.json(containers, { method: 'GET', path: '/containers/json', query, signal })) ?? [];
    if (found.length > 0) writePrivate(stoppedFile(stateDir), JSON.stringify(found.map(({ Id }) => Id)));
    const stop = (id: string): Promise<boolean> =>
      engine.act({
        method: 'POST',
        path: `/containers/${id}/stop`,
        query: { t: String(stopGraceSeconds) },
        timeoutMs: limitMs,
        signal,
      });
    await Promise.all(found.map(({ Id }) => stop(Id)));
    return found.length;
  });
  return stopped ?? 0;
}

/** Starts what `stopApplications` stopped. Answers how many. */
export async function resumeApplications(stateDir: string, socket: string): Promise<number> {
  if (!existsSync(stoppedFile(stateDir))) return 0;
  const ids = z.array(z.string()).parse(JSON.parse(readFileSync(stoppedFile(stateDir), 'utf8')));
  const started = await withEngine(stateDir, socket, async (engine) => {
    const signal = AbortSignal.timeout(limitMs);
    const start = (id: string): Promise<boolean> =>
      engine.act({ method: 'POST', path: `/containers/${id}/start`, signal });
    return (await Promise.all(ids.map(start))).filter(Boolean).length; // one that was removed meanwhile is no loss
  });
  rmSync(stoppedFile(stateDir), { force: true });
  return started ?? 0;
}

/** Removes the containers and networks for good. */
export async function removeApplications(stateDir: string, socket: string): Promise<void> {
  await withEngine(stateDir, socket, async (engine, filters) => {
    const signal = AbortSignal.timeout(limitMs);
    const query = { filters: filters(), all: 'true' };
    const found = (await engine.json(containers, { method: 'GET', path: '/containers/json', query, signal })) ?? [];
    const options = { force: 'true', v: 'true' };
    await Promise.all(
      found.map(({ Id }) => engine.act({ method: 'DELETE', path: `/containers/${Id}`, query: options, signal })),
    );
    const nets =
      (await engine.json(networks, { method: 'GET', path: '/networks', query: { filters: filters() }, signal })) ?? [];
    for (const { Id } of nets) await engine.act({ method: 'DELETE', path: `/networks/${Id}`, signal });
  });
}
