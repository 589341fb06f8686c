/** A LogStore in memory: same sequence numbers and cleaning, nothing on disk. */
import { cleanLine } from '#server/domain/log-line.ts';
import type { LogLine, LogStore, LogStreamRef } from '#server/logs/types.ts';

export interface FakeLogStore extends LogStore {
  /** Everything of one release and kind, in order, for assertions. */
  texts(releaseId: string, kind: LogStreamRef['kind']): string[];
}

export function createFakeLogStore(): FakeLogStore {
  const streams = new Map<string, { ref: Omit<LogStreamRef, 'id'>; lines: LogLine[] }>();
  const linesOf = (orgId: string, streamId: string): LogLine[] => {
    const stream = streams.get(streamId);
    return stream?.ref.orgId === orgId ? stream.lines : [];
  };
  return {
    open: (ref) => {
      const streamId = [ref.deploymentId, ref.releaseId, ref.componentId, ref.instanceId, ref.kind].join('/');
      const stream = streams.get(streamId) ?? { ref, lines: [] };
      streams.set(streamId, stream);
      return Promise.resolve({
        streamId,
        write: (line) => void stream.lines.push({ seq: stream.lines.length + 1, ...line, text: cleanLine(line.text) }),
        flush: () => Promise.resolve(),
        close: () => Promise.resolve(),
      });
    },
    read: (orgId, streamId, after, limit) =>
      Promise.resolve(
        linesOf(orgId, streamId)
          .filter((line) => line.seq > after)
          .slice(0, limit),
      ),
    tail: (orgId, streamId, count) => Promise.resolve(linesOf(orgId, streamId).slice(-count)),
    remove: (orgId, streamId) => {
      if (linesOf(orgId, streamId).length > 0) streams.delete(streamId);
      return Promise.resolve();
    },
    texts: (releaseId, kind) =>
      [...streams.values()]
        .filter(({ ref }) => ref.releaseId === releaseId && ref.kind === kind)
        .flatMap(({ lines }) => lines.map((line) => line.text)),
  };
}
