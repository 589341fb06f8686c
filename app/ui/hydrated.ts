'use client';
import { useSyncExternalStore } from 'react';

const never = (): (() => void) => () => undefined;
/** False on the server and in the first render: a form that needs script waits for it, or the browser would send it by itself. */
export const useHydrated = (): boolean =>
  useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
