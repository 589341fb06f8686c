'use client';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { useTRPCClient } from '#app/_lib/trpc-client.tsx';
import { LogBuffer, type LogState } from '#app/_features/release/log-buffer.ts';
import { useListen } from '#app/_features/shell/live.tsx';

const nothing: LogState = { rows: [], phase: 'loading' };
const readNothing = (): LogState => nothing;
const retryMs = 2000;

/**
 * The whole log of a release: what is there page by page, then the next page whenever the event stream says that it grew.
 * `isOver` says that nothing more will come. A line that is read twice counts once.
 */
export function useReleaseLog(org: string, releaseId: string, isOver: boolean): LogState {
  const client = useTRPCClient();
  const listen = useListen();
  // One per page: the caller has the release's id as its key.
  const [own] = useState(() => new LogBuffer());
  useEffect(() => {
    const stop = new AbortController();
    const of = { kind: 'release' as const, releaseId };
    let isReading = false;
    let readAgain = false;
    let retry: ReturnType<typeof setTimeout> | undefined;
    const readOn = async (): Promise<void> => {
      for (let hasMore = true; hasMore && !stop.signal.aborted;) {
        const page = await client.logs.page.query(
          { org, of, limit: 5000, ...(own.position === undefined ? {} : { after: own.position }) },
          { signal: stop.signal },
        );
        own.append(page.lines);
        own.position = page.after;
        hasMore = page.hasMore;
      }
      own.setPhase(isOver ? 'ended' : 'live');
    };
    const read = (): void => {
      readAgain = isReading;
      if (isReading || stop.signal.aborted) return;
      isReading = true;
      readOn()
        .catch(() => {
          retry = setTimeout(read, retryMs); // the server restarts, or the network is away
        })
        .finally(() => {
          isReading = false;
          if (readAgain) read();
        });
    };
    const unlisten = listen((event) => {
      const concerns =
        event.kind === 'hello' || !('releaseId' in event) || event.releaseId === releaseId || event.releaseId === null;
      if (concerns) read();
    });
    read();
    return () => {
      stop.abort();
      unlisten();
      clearTimeout(retry);
    };
  }, [client, isOver, listen, org, own, releaseId]);
  return useSyncExternalStore(own.subscribe, own.read, readNothing);
}
