/** Servers that no route leads to: what they still hold, and the end of it, in old workers of a reload too. */
import { commandOf } from '#server/edge/haproxy/cli.ts';
import type { EdgeProcess } from '#server/edge/haproxy/process.ts';
import { files, relayEntries } from '#server/edge/haproxy/config.ts';
import { parseStats, replaceMap, type Runtime, type ServerLoad } from '#server/edge/haproxy/runtime.ts';

/** Loads of the named servers in each old worker. One that ended meanwhile holds nothing. @throws AppError unavailable */
async function oldLoads(
  edgeProcess: EdgeProcess,
  names: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<{ pid: number; loads: ServerLoad[] }[]> {
  const old = names.size === 0 ? [] : (await edgeProcess.processes(signal)).old;
  return Promise.all(old.map(async (pid) => {
    const stats = await edgeProcess.untilGone(pid, signal, async () => parseStats(await edgeProcess.askWorker(pid, 'show stat -1 6 -1', signal)));
    return { pid, loads: (stats?.servers ?? []).filter(({ name }) => names.has(name)) };
  })); // prettier-ignore
}
const sumOpen = (loads: readonly ServerLoad[]): number => loads.reduce((sum, { open }) => sum + open, 0);

export async function openInOldWorkers(
  edgeProcess: EdgeProcess,
  names: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<number> {
  return sumOpen((await oldLoads(edgeProcess, names, signal)).flatMap(({ loads }) => loads));
}

/** One by one: an old worker refuses `shutdown sessions server` because its backends count as disabled. */
async function cutInOldWorker(
  edgeProcess: EdgeProcess,
  pid: number,
  names: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<void> {
  const sessions = await edgeProcess.askWorker(pid, 'show sess', signal);
  for (const [, id = '', server = ''] of sessions.matchAll(/^(0x[0-9a-f]+): .* srv=(\S+) /gm)) {
    if (names.has(server)) await edgeProcess.askWorker(pid, commandOf(['shutdown session', id]), signal);
  }
}

/** Cuts the named servers wherever they are without routes; answers how many connections ended by it. */
export async function cutServers(
  { runtime, edgeProcess }: { runtime: Runtime; edgeProcess: EdgeProcess },
  names: ReadonlySet<string>,
  slots: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<number> {
  const loads = (await runtime.stats(signal)).servers.filter(({ slot, name }) => slots.has(slot) && names.has(name));
  for (const { slot, name } of loads) await runtime.shutServer(slot, name, signal);
  const old = await oldLoads(edgeProcess, names, signal);
  for (const { pid, loads: held } of old) if (sumOpen(held) > 0) await cutInOldWorker(edgeProcess, pid, names, signal);
  return sumOpen([...loads, ...old.flatMap(({ loads: held }) => held)]);
}

/** Makes the workers of before a reload send what still reaches them to the new one. One that ends meanwhile needs nothing. */
export async function relayOldWorkers(edgeProcess: EdgeProcess, signal: AbortSignal): Promise<void> {
  for (const pid of (await edgeProcess.processes(signal)).old) {
    await edgeProcess.untilGone(pid, signal, () =>
      replaceMap((command) => edgeProcess.askWorker(pid, command, signal), files.routes, relayEntries),
    );
  }
}
