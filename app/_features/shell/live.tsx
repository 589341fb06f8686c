'use client';
import { useQueryClient } from '@tanstack/react-query';
import { createContext, useContext, useEffect, useState } from 'react';
import { useTRPC, useTRPCClient } from '#app/_lib/trpc-client.tsx';
import { staleAfter } from '#app/_features/shell/live-topics.ts';
import { useOrg } from '#app/_features/shell/org-context.tsx';

type Connection = 'live' | 'connecting';
const ConnectionContext = createContext<Connection>('connecting');
/** Whether the page updates by itself right now. */
export const useConnection = (): Connection => useContext(ConnectionContext);

/** The one event stream of the tab. Events of 150 ms are gathered, so that a burst reads each answer once. */
export function Live({ children }: { children: React.ReactNode }) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const { slug } = useOrg();
  const [connection, setConnection] = useState<Connection>('connecting');
  useEffect(() => {
    const gathered = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isFirst = true;
    const refresh = (): void => {
      timer = undefined;
      for (const topic of staleAfter(gathered)) void queries.invalidateQueries(trpc[topic].pathFilter());
      gathered.clear();
    };
    const subscription = client.events.follow.subscribe(
      { org: slug },
      {
        onData: ({ data: event }) => {
          // The first hello only says that the stream stands: the page's data is as new.
          const isGreeting = isFirst && event.kind === 'hello';
          isFirst = false;
          if (isGreeting) return;
          gathered.add(event.kind);
          timer ??= setTimeout(refresh, 150);
        },
        onConnectionStateChange: ({ state }) => setConnection(state === 'pending' ? 'live' : 'connecting'),
      },
    );
    return () => {
      clearTimeout(timer);
      subscription.unsubscribe();
    };
  }, [client, queries, slug, trpc]);
  return <ConnectionContext value={connection}>{children}</ConnectionContext>;
}
