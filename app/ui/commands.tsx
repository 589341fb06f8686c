'use client';
import { useEffect, useState, useSyncExternalStore } from 'react';

/** What can be done from here: the palette lists it and its keys run it. */
export interface Command {
  id: string;
  title: string;
  group: 'Actions' | 'Go to' | 'This page' | 'Appearance';
  /** One key, or two one after the other: `g p`. */
  keys?: string;
  /** More words to find it by. */
  words?: string;
  run: () => void;
  disabledReason?: string | null;
}

/** What each mounted component offers; `commands` is the flat list of it, made anew only when something that shows changed. */
const offers = new Map<symbol, readonly Command[]>();
let commands: readonly Command[] = [];
const none: readonly Command[] = [];
const readers = new Set<() => void>();

const shownOf = (list: readonly Command[]): string =>
  JSON.stringify(
    list.map((command) => [command.id, command.title, command.group, command.keys, command.disabledReason]),
  );
function offer(owner: symbol, own: readonly Command[] | null): void {
  const before = shownOf(offers.get(owner) ?? none);
  if (own) offers.set(owner, own);
  else offers.delete(owner);
  if (before === shownOf(own ?? none)) return;
  commands = [...offers].flatMap(([from, list]) =>
    list.map((command) => ({
      ...command,
      // What was rendered last runs, also when the list was made earlier.
      run: () =>
        offers
          .get(from)
          ?.find((current) => current.id === command.id)
          ?.run(),
    })),
  );
  for (const read of readers) read();
}

/** The commands of everything that is mounted. */
export const useCommandList = (): readonly Command[] =>
  useSyncExternalStore(
    (read) => {
      readers.add(read);
      return () => readers.delete(read);
    },
    () => commands,
    () => none,
  );

/** Offers commands while the component is mounted. Later ones win over earlier ones with the same keys. */
export function useCommands(own: readonly Command[]): void {
  const [owner] = useState(() => Symbol('commands'));
  useEffect(() => offer(owner, own));
  useEffect(() => () => offer(owner, null), [owner]);
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
const isDialogOpen = (): boolean => document.querySelector('[role="dialog"], [role="menu"]') !== null;

/** Moves the focus over the rows of the page's table: 1 down, -1 up. */
function walkRows(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')];
  if (rows.length === 0) return;
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[Math.min(Math.max(at === -1 ? (step === 1 ? 0 : rows.length - 1) : at + step, 0), rows.length - 1)];
  const target = next?.matches('a,button,summary') ? next : next?.querySelector<HTMLElement>('a,button,summary');
  target?.focus();
  next?.scrollIntoView({ block: 'nearest' });
}

function runKeys(keys: string): 'ran' | 'prefix' | 'none' {
  const matching = commands.filter((command) => command.keys === keys).at(-1);
  if (matching) {
    if (!matching.disabledReason) matching.run();
    return 'ran';
  }
  return commands.some((command) => command.keys?.startsWith(`${keys} `)) ? 'prefix' : 'none';
}

/** The one listener for keys. `onPalette` opens ⌘K, `onHelp` the list of keys. */
export function useKeyboard(onPalette: () => void, onHelp: () => void): void {
  useEffect(() => {
    let pending = '';
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onKey = (event: KeyboardEvent): void => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        onPalette();
        return;
      }
      if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target) || isDialogOpen()) return;
      clearTimeout(timer);
      const keys = pending === '' ? event.key : `${pending} ${event.key}`;
      pending = '';
      if (event.key === '/') {
        const search = document.querySelector<HTMLElement>('[data-search]');
        if (search) {
          event.preventDefault();
          search.focus();
        }
        return;
      }
      if (event.key === '?') return onHelp();
      if (event.key === 'j') return walkRows(1);
      if (event.key === 'k') return walkRows(-1);
      const result = runKeys(keys);
      if (result === 'ran') event.preventDefault();
      if (result !== 'prefix') return;
      pending = keys;
      timer = setTimeout(() => {
        pending = '';
      }, 1200);
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [onPalette, onHelp]);
}
