/** The installation's containers, which serve without Slipway. Only `down -- --apps` touches them. */
import * as z from 'zod';
import { exec } from '#server/exec.ts';
import { Engine } from '#server/runtime/docker/engine.ts';
import { label, labelled } from '#server/runtime/docker/labels.ts';
import { tableName } from '#server/runtime/firewall-rules.ts';
import { engineVersion } from './engine.ts';
import { readInstallation } from './state.ts';

const containers = z.array(z.object({ Id: z.string() }));
const policy = z.object({ HostConfig: z.object({ RestartPolicy: z.object({ Name: z.string() }) }) });
const networks = z.array(z.object({ Id: z.string() }));
const limitMs = 120_000;
const stopGraceSeconds = 30;

/** Runs `work` with the engine and the filter that holds nothing but this installation's objects. */
async function withEngine<T>(
  stateDir: string,
  socket: string,
  work: (engine: Engine, filters: (more?: Record<string, string[]>) => string) => Promise<T>,
): Promise<T | null> {
  const installation = readInstallation(stateDir);
  if (!installation || (await engineVersion(socket)) === null) return null; // without an engine nothing of ours runs
  const engine = new Engine(socket);
  try {
    return await work(engine, (more) => labelled({ [label.installation]: installation.id }, more));
  } finally {
    await engine.close();
  }
}

/** Stops the containers. Those that should live keep their restart policy, by which `resumeApplications` finds them. */
export async function stopApplications(stateDir: string, socket: string): Promise<number> {
  const stopped = await withEngine(stateDir, socket, async (engine, filters) => {
    const signal = AbortSignal.timeout(limitMs);
    const query = { filters: filters({ status: ['running', 'restarting'] }) };
    const found = (await engine.json(containers, { method: 'GET', path: '/containers/json', query, signal })) ?? [];
    const t = String(stopGraceSeconds);
    const stop = ({ Id }: { Id: string }): Promise<boolean> =>
      engine.act({ method: 'POST', path: `/containers/${Id}/stop`, query: { t }, timeoutMs: limitMs, signal });
    await Promise.all(found.map(stop));
    return found.length;
  });
  return stopped ?? 0;
}

/**
 * Starts the containers that should live and do not: the engine leaves those alone that somebody stopped. Answers how
 * many. Instances that are not live, or not any more, have no restart policy.
 */
export async function resumeApplications(stateDir: string, socket: string): Promise<number> {
  const started = await withEngine(stateDir, socket, async (engine, filters) => {
    const signal = AbortSignal.timeout(limitMs);
    const query = { filters: filters({ status: ['exited'] }), all: 'true' };
    const found = (await engine.json(containers, { method: 'GET', path: '/containers/json', query, signal })) ?? [];
    const resume = async ({ Id }: { Id: string }): Promise<boolean> => {
      const details = await engine.json(policy, { method: 'GET', path: `/containers/${Id}/json`, signal });
      if (details?.HostConfig.RestartPolicy.Name !== 'always') return false;
      return engine.act({ method: 'POST', path: `/containers/${Id}/start`, signal });
    };
    return (await Promise.all(found.map(resume))).filter(Boolean).length;
  });
  return started ?? 0;
}

/** Removes the containers, the networks and the firewall's table for good. */
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
  const installation = readInstallation(stateDir);
  if (installation) await exec('nft', ['delete', 'table', 'inet', tableName(installation.tag)]); // fine when there is none
}
