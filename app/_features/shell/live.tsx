'use client';
import { useQueryClient } from '@tanstack/react-query';
import { createContext, useContext, useEffect, useState } from 'react';
import { useTRPC, useTRPCClient } from '#app/_lib/trpc-client.tsx';
import { staleAfter } from '#app/_features/shell/live-topics.ts';
import { useOrg } from '#app/_features/shell/org-context.tsx';
import { followShared, type OpenStream, type StreamState } from '#app/_features/shell/shared-stream.ts';
import type { OrgEvent } from '#server/domain/views/events.ts';

/** What a page may listen to: each event of the organization. */
type Listener = (event: OrgEvent) => void;
const ConnectionContext = createContext<StreamState>('connecting');
const ListenContext = createContext<(listener: Listener) => () => void>(() => () => undefined);
/** Whether the page updates by itself right now. */
export const useConnection = (): StreamState => useContext(ConnectionContext);
/** Registers a listener of the organization's events; returns how to stop. */
export const useListen = (): ((listener: Listener) => () => void) => useContext(ListenContext);

/** The tab's part of the browser's one event stream. Events of 150 ms are gathered, so that a burst reads each answer once. */
export function Live({ children }: { children: React.ReactNode }) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const { slug } = useOrg();
  const [state, setState] = useState<StreamState>('connecting');
  const [listeners] = useState(() => new Set<Listener>());
  const [listen] = useState(() => (listener: Listener) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  });
  useEffect(() => {
    const gathered = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const hear = (event: OrgEvent): void => {
      for (const listener of listeners) listener(event);
      if (event.kind === 'log') return;
      gathered.add(event.kind);
      timer ??= setTimeout(() => {
        timer = undefined;
        for (const topic of staleAfter(gathered)) void queries.invalidateQueries(trpc[topic].pathFilter());
        gathered.clear();
      }, 150);
    };
    const open: OpenStream<OrgEvent> = (after, { onMessage, onState }) => {
      const subscription = client.events.follow.subscribe(
        { org: slug, lastEventId: after },
        {
          onData: ({ id, data }) => onMessage({ id, event: data }),
          onConnectionStateChange: ({ state: now }) => onState(now === 'pending' ? 'live' : 'connecting'),
        },
      );
      return () => subscription.unsubscribe();
    };
    const stop = followShared(`slipway-events-${slug}`, open, {
      onMessage: ({ event }) => hear(event),
      onState: setState,
      // Between the page's answer and now something may have happened.
      onJoin: () => hear({ kind: 'hello' }),
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [client, listeners, queries, slug, trpc]);
  return (
    <ListenContext value={listen}>
      <ConnectionContext value={state}>{children}</ConnectionContext>
    </ListenContext>
  );
}
