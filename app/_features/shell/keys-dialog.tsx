'use client';
import { useEffect, useState } from 'react';
import { useCommandList } from '#app/ui/commands.tsx';
import { Dialog } from '#app/ui/dialog.tsx';
import { Kbd } from '#app/ui/kbd.tsx';

const event = 'slipway:keys';
export const openKeys = (): void => {
  window.dispatchEvent(new Event(event));
};
const always = [
  { keys: '⌘ K', title: 'Search and do everything' },
  { keys: '/', title: 'Search in the page' },
  { keys: 'j', title: 'Next row' },
  { keys: 'k', title: 'Previous row' },
  { keys: '?', title: 'This list' },
];

/** Every key that does something on this page. */
export function KeysDialog() {
  const [isOpen, setOpen] = useState(false);
  const commands = useCommandList();
  useEffect(() => {
    const open = (): void => setOpen(true);
    window.addEventListener(event, open);
    return () => window.removeEventListener(event, open);
  }, []);
  const own = commands.flatMap((command) => (command.keys ? [{ keys: command.keys, title: command.title }] : []));
  return (
    <Dialog open={isOpen} onOpenChange={setOpen} title="Keyboard">
      <dl className="divide-y">
        {[...always, ...own].map((entry) => (
          <div key={entry.keys} className="flex h-9 items-center justify-between gap-4 text-sm">
            <dt>{entry.title}</dt>
            <dd>
              <Kbd keys={entry.keys} />
              <span className="sr-only">{entry.keys}</span>
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
