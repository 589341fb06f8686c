/** The LogStore on disk and PostgreSQL: a chunk's file first, then its index row, which wakes the readers. */
import { and, asc, desc, eq, gt, isNull, sql } from 'drizzle-orm';
import type { Db, Queryable } from '#server/db/client.ts';
import { logChunks, logStreams } from '#server/db/schema/instances.ts';
import { AppError } from '#server/errors.ts';
import { newId } from '#server/ids.ts';
import type { Logger } from '#server/log.ts';
import { readChunk, removeChunks, writeChunk } from '#server/logs/chunk-files.ts';
import type { LogLine, LogStore, LogStreamRef } from '#server/logs/types.ts';
import { ChunkingWriter } from '#server/logs/writer.ts';

type NewStream = Omit<LogStreamRef, 'id'>;

/** Finds or makes the stream of that description; the advisory lock keeps two openers from making two. */
async function openStream(db: Db, stream: NewStream): Promise<{ id: string; nextSeq: number }> {
  return db.transaction(async (tx) => {
    const key = [stream.deploymentId, stream.releaseId, stream.componentId, stream.instanceId, stream.kind].join('/');
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${key}, 78))`);
    const same = (
      column: typeof logStreams.releaseId | typeof logStreams.componentId | typeof logStreams.instanceId,
      value: string | null,
    ) => (value === null ? isNull(column) : eq(column, value));
    const [found] = await tx
      .select({ id: logStreams.id, nextSeq: logStreams.nextSeq })
      .from(logStreams)
      .where(
        and(
          eq(logStreams.orgId, stream.orgId),
          eq(logStreams.deploymentId, stream.deploymentId),
          same(logStreams.releaseId, stream.releaseId),
          same(logStreams.componentId, stream.componentId),
          same(logStreams.instanceId, stream.instanceId),
          eq(logStreams.kind, stream.kind),
        ),
      )
      .limit(1);
    if (found) return found;
    const id = newId('logStream');
    await tx.insert(logStreams).values({ id, ...stream });
    return { id, nextSeq: 1 };
  });
}

/** The index row and the stream's counter move together; a second writer of the same stream loses the comparison. */
async function indexChunk(
  db: Db,
  orgId: string,
  streamId: string,
  lines: readonly LogLine[],
  bytes: number,
): Promise<void> {
  const [first, last] = [lines[0], lines.at(-1)];
  if (!first || !last) return;
  await db.transaction(async (tx) => {
    const moved = await tx
      .update(logStreams)
      .set({ nextSeq: last.seq + 1, bytes: sql`${logStreams.bytes} + ${bytes}` })
      .where(and(eq(logStreams.orgId, orgId), eq(logStreams.id, streamId), sql`${logStreams.nextSeq} <= ${first.seq}`))
      .returning({ id: logStreams.id });
    if (moved.length === 0) throw new AppError('conflict', 'Another process writes this log.');
    await tx.insert(logChunks).values({
      streamId, orgId, firstSeq: first.seq, lastSeq: last.seq, firstAt: new Date(first.at), lastAt: new Date(last.at), bytes,
    }); // prettier-ignore
  });
}

async function readAfter(
  db: Queryable,
  folder: string,
  orgId: string,
  streamId: string,
  after: number,
  limit: number,
): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  let cursor = after;
  while (lines.length < limit) {
    const chunks = await db
      .select({ firstSeq: logChunks.firstSeq, lastSeq: logChunks.lastSeq })
      .from(logChunks)
      .where(and(eq(logChunks.orgId, orgId), eq(logChunks.streamId, streamId), gt(logChunks.lastSeq, cursor)))
      .orderBy(asc(logChunks.firstSeq))
      .limit(20);
    if (chunks.length === 0) break;
    for (const chunk of chunks) {
      if (lines.length >= limit) break;
      lines.push(...(await readChunk(folder, streamId, chunk.firstSeq)).filter((line) => line.seq > after));
      cursor = chunk.lastSeq;
    }
  }
  return lines.slice(0, limit);
}

async function readLast(
  db: Queryable,
  folder: string,
  orgId: string,
  streamId: string,
  count: number,
): Promise<LogLine[]> {
  const chunks = await db
    .select({ firstSeq: logChunks.firstSeq })
    .from(logChunks)
    .where(and(eq(logChunks.orgId, orgId), eq(logChunks.streamId, streamId)))
    .orderBy(desc(logChunks.firstSeq))
    .limit(Math.min(count, 200));
  let lines: LogLine[] = [];
  for (const chunk of chunks) {
    lines = [...(await readChunk(folder, streamId, chunk.firstSeq)), ...lines];
    if (lines.length >= count) break;
  }
  return lines.slice(-count);
}

/** @param folder `<state>/logs`; readers and writers share it. */
export function createLogStore(db: Db, folder: string, log: Logger): LogStore {
  return {
    open: async (stream) => {
      const { id, nextSeq } = await openStream(db, stream);
      const writer = new ChunkingWriter(
        nextSeq,
        async (lines) => indexChunk(db, stream.orgId, id, lines, await writeChunk(folder, id, lines)),
        (error) => log.warn('a log chunk could not be kept, trying again', { streamId: id, error }),
      );
      return {
        streamId: id,
        write: (line) => writer.write(line),
        flush: () => writer.flush(),
        close: () => writer.close(),
      };
    },
    read: (orgId, streamId, after, limit) => readAfter(db, folder, orgId, streamId, after, limit),
    tail: (orgId, streamId, count) => readLast(db, folder, orgId, streamId, count),
    remove: async (orgId, streamId) => {
      await db.delete(logStreams).where(and(eq(logStreams.orgId, orgId), eq(logStreams.id, streamId)));
      await removeChunks(folder, streamId);
    },
  };
}
