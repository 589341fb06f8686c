'use client';
import { useSyncExternalStore } from 'react';
import { type Theme, themeEvent, themeFrom } from '#app/_features/shell/theme.ts';

const subscribe = (read: () => void): (() => void) => {
  window.addEventListener(themeEvent, read);
  return () => window.removeEventListener(themeEvent, read);
};
/** What is chosen; "system" until the page's script runs. */
export const useTheme = (): Theme =>
  useSyncExternalStore(
    subscribe,
    () => themeFrom(document.documentElement.dataset['theme']),
    () => 'system',
  );
