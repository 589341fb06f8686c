'use client';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { useTRPCClient } from '#app/_lib/trpc-client.tsx';
import { LogBuffer, type LogState } from '#app/_features/release/log-buffer.ts';

const nothing: LogState = { rows: [], phase: 'loading' };

/** The whole log of a release: what is there page by page, then what comes. The follow resumes where the last line ended. */
export function useReleaseLog(org: string, releaseId: string): LogState {
  const client = useTRPCClient();
  // One per page: the caller has the release's id as its key. A line that is read twice counts once.
  const [own] = useState(() => new LogBuffer());
  useEffect(() => {
    const stop = new AbortController();
    let subscription: { unsubscribe: () => void } | undefined;
    const of = { kind: 'release' as const, releaseId };
    const readAll = async (): Promise<string> => {
      for (let after: string | undefined; ;) {
        const page = await client.logs.page.query(
          { org, of, limit: 5000, ...(after === undefined ? {} : { after }) },
          { signal: stop.signal },
        );
        own.append(page.lines);
        after = page.after;
        if (!page.hasMore) return after;
      }
    };
    const follow = (after: string | null): void => {
      if (stop.signal.aborted) return;
      own.setPhase('live');
      subscription = client.logs.follow.subscribe(
        { org, of, lastEventId: after },
        {
          onData: ({ data }) => {
            if (data.kind === 'lines') own.append(data.lines);
            else own.setPhase('ended');
          },
        },
      );
    };
    // Where reading page by page fails, the follow starts at the beginning and says the same.
    readAll().then(follow, () => follow(null));
    return () => {
      stop.abort();
      subscription?.unsubscribe();
    };
  }, [client, org, own, releaseId]);
  return useSyncExternalStore(own.subscribe, own.read, readNothing);
}
const readNothing = (): LogState => nothing;
