'use client';
import { createContext, useContext, useMemo, useSyncExternalStore } from 'react';

/** One clock for the page. It starts at the server's time, so that the first render is the same on both sides, and keeps the server's offset. */
interface Clock {
  read: () => number;
  start: number;
  subscribe: (tick: () => void) => () => void;
}
function makeClock(serverNow: number): Clock {
  const readers = new Set<() => void>();
  let offset: number | null = null;
  let current = serverNow;
  let timer: ReturnType<typeof setInterval> | undefined;
  const tick = (): void => {
    current = Date.now() + (offset ?? 0);
    for (const reader of readers) reader();
  };
  return {
    start: serverNow,
    read: () => current,
    subscribe: (reader) => {
      // The offset is taken once, at the first subscription: a few milliseconds after the server wrote the page.
      offset ??= serverNow - Date.now();
      readers.add(reader);
      timer ??= setInterval(tick, 1000);
      return () => {
        readers.delete(reader);
        if (readers.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      };
    },
  };
}
const ClockContext = createContext<Clock>(makeClock(0));

export function ClockProvider({ now, children }: { now: number; children: React.ReactNode }) {
  // The clock of the first page stays: later navigations do not set it back.
  const clock = useMemo(() => makeClock(now), [now]);
  return <ClockContext value={clock}>{children}</ClockContext>;
}

/** The time of the server, ticking each second. */
export function useNow(): Date {
  const clock = useContext(ClockContext);
  return new Date(useSyncExternalStore(clock.subscribe, clock.read, () => clock.start));
}
