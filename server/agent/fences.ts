/**
 * Fencing: per scope the highest lease number seen, on disk before the call it admits runs. A worker that lost its lease
 * without noticing (paused, cut off) is refused, also after a restart of the agent, and what it still has in flight is
 * aborted when its successor's first call arrives.
 */
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import type { Fence } from '#server/agent/types.ts';
import { AppError } from '#server/errors.ts';

export interface Fences {
  /**
   * Runs a changing call under the fence. Its signal also fires when a higher number arrives in the scope.
   * @throws AppError fenced when a higher number was seen, before or during the call.
   */
  run<T>(fence: Fence, signal: AbortSignal, call: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

/** A scope is one release or one deployment; the ones used longest ago are forgotten beyond this number. */
const scopeLimit = 10_000;
const storedSchema = z.array(z.tuple([z.string(), z.number().int()]));

const fenced = (): AppError => new AppError('fenced', 'Another worker has taken this over.');

/** @param save called with all numbers, oldest use first, before a call with a new highest number runs. */
function createFences(
  initial: readonly (readonly [string, number])[],
  save: (numbers: readonly (readonly [string, number])[]) => Promise<void>,
): Fences {
  const highest = new Map<string, number>(initial);
  const running = new Map<string, Set<{ number: number; stop: AbortController }>>();
  let saved: Promise<void> = Promise.resolve();

  const admit = async (fence: Fence): Promise<void> => {
    const seen = highest.get(fence.scope);
    if (seen !== undefined && fence.number < seen) throw fenced();
    highest.delete(fence.scope);
    highest.set(fence.scope, fence.number);
    if (seen === fence.number) return saved;
    for (const call of running.get(fence.scope) ?? []) if (call.number < fence.number) call.stop.abort(fenced());
    for (const scope of highest.keys()) {
      if (highest.size <= scopeLimit) break;
      highest.delete(scope);
    }
    saved = saved.catch(() => undefined).then(() => save([...highest]));
    return saved;
  };

  return {
    async run(fence, signal, work) {
      const call = { number: fence.number, stop: new AbortController() };
      const calls = running.get(fence.scope) ?? new Set();
      running.set(fence.scope, calls.add(call));
      try {
        await admit(fence);
        if (call.stop.signal.aborted) throw fenced();
        return await work(AbortSignal.any([signal, call.stop.signal]));
      } catch (error) {
        throw call.stop.signal.aborted ? fenced() : error;
      } finally {
        calls.delete(call);
        if (calls.size === 0) running.delete(fence.scope);
      }
    },
  };
}

/** For tests: nothing outlives the process. */
export const createMemoryFences = (): Fences => createFences([], () => Promise.resolve());

/** Numbers in a file that is replaced atomically. @throws Error when the file is there but damaged: guessing could let an old worker in. */
export async function openFences(file: string): Promise<Fences> {
  await mkdir(path.dirname(file), { recursive: true });
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '[]';
    throw error;
  });
  return createFences(storedSchema.parse(JSON.parse(text)), async (numbers) => {
    const next = `${file}.next`;
    const handle = await open(next, 'w', 0o600);
    try {
      await handle.writeFile(JSON.stringify(numbers));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(next, file);
    // Without this a power cut may bring the old numbers back.
    const folder = await open(path.dirname(file), 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  });
}
