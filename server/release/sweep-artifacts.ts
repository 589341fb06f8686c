/**
 * Keeps rows and engine of one mind about images: what no release needs goes, what has no row goes, what is gone is
 * noted. Only images that carry this installation's label or stand in a row; never a volume.
 */
import { sql } from 'drizzle-orm';
import {
  artifactsInUse, artifactsToRemove, collectArtifacts, knownReferences, noteImageGone, notePresence,
} from '#server/db/system/artifacts.ts'; // prettier-ignore
import { isAborted, isRetryable } from '#server/errors.ts';
import type { Engine } from '#server/release/engine.ts';
import type { ArtifactStore } from '#server/runtime/types.ts';

/** Names that are not in the engine's list under the same spelling are asked for one by one, this many per round. */
const lookups = 50;

/** @throws AppError unavailable, fenced, aborted; one image that cannot be removed does not hold up the others. */
export async function sweepArtifacts(
  engine: Engine,
  signal: AbortSignal,
): Promise<{ removed: number; orphans: number; missing: number }> {
  const [row] = await engine.db.execute<{ fence: string }>(sql`select nextval('lease_fences') as fence`);
  const store = engine.region({ scope: 'orphans', number: Number(row?.fence ?? 0) }).artifacts;
  const missing = await lookForMissing(engine, store, signal);
  await collectArtifacts(engine.db, engine.now);
  let removed = 0;
  for (const { id, reference } of await artifactsToRemove(engine.db)) {
    if (!(await remove(engine, store, reference, signal))) continue;
    await noteImageGone(engine.db, engine.now, id);
    removed += 1;
  }
  return { removed, orphans: await removeOrphans(engine, store, signal), missing };
}

/** False when the engine refuses it now; the next round tries again. */
async function remove(engine: Engine, store: ArtifactStore, reference: string, signal: AbortSignal): Promise<boolean> {
  try {
    await store.remove(reference, signal);
    return true;
  } catch (error) {
    if (signal.aborted || isRetryable(error) || isAborted(error)) throw error;
    engine.log.warn('an image could not be removed, trying again', { image: reference, error });
    return false;
  }
}

/** A name is in a row before the engine gets it, so that one without a row after the look is nobody's. */
async function removeOrphans(engine: Engine, store: ArtifactStore, signal: AbortSignal): Promise<number> {
  const own = (await store.list(signal)).filter((image) => image.own).map((image) => image.reference);
  const known = await knownReferences(engine.db, own);
  let removed = 0;
  for (const reference of own) {
    if (known.has(reference) || !(await remove(engine, store, reference, signal))) continue;
    engine.log.warn('removed an image that no artifact names', { image: reference });
    removed += 1;
  }
  return removed;
}

/** Rows are read before the engine is: an artifact that is stored meanwhile is not called missing. Answers how many are. */
async function lookForMissing(engine: Engine, store: ArtifactStore, signal: AbortSignal): Promise<number> {
  let count = 0;
  let asked = 0;
  for (let last = ''; ;) {
    const rows = await artifactsInUse(engine.db, last);
    if (rows.length === 0) return count;
    const listed = new Set((await store.list(signal)).map((image) => image.reference));
    const isThere = async (reference: string): Promise<boolean> => {
      if (listed.has(reference)) return true;
      asked += 1;
      return asked <= lookups ? (await store.find(reference, signal)) !== null : false;
    };
    const gone: string[] = [];
    const back: string[] = [];
    for (const row of rows) {
      const there = await isThere(row.reference);
      if (!there) count += 1;
      if (!there && !row.isMissing) gone.push(row.id);
      if (there && row.isMissing) back.push(row.id);
    }
    await notePresence(engine.db, engine.now, gone, false);
    await notePresence(engine.db, engine.now, back, true);
    last = rows.at(-1)?.id ?? last;
  }
}
