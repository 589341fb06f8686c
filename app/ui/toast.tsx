'use client';
import { X } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { Button } from '#app/ui/button.tsx';
import { StatusShape } from '#app/ui/status.tsx';

interface Toast {
  id: number;
  tone: 'green' | 'red' | 'grey';
  text: string;
  /** A code to search for. */
  code?: string | undefined;
  action?: { label: string; run: () => void } | undefined;
}

let toasts: readonly Toast[] = [];
let nextId = 1;
const readers = new Set<() => void>();
const none: readonly Toast[] = [];
function set(next: readonly Toast[]): void {
  toasts = next;
  for (const read of readers) read();
}
const dismiss = (id: number): void => set(toasts.filter((toast) => toast.id !== id));

/** Says what happened, for six seconds; errors stay until they are closed. At most three stand at once. */
export function toast(
  text: string,
  options: Omit<Toast, 'id' | 'text' | 'tone'> & { tone?: Toast['tone'] } = {},
): void {
  const entry: Toast = { tone: 'grey', ...options, id: nextId, text };
  nextId += 1;
  set([...toasts.slice(-2), entry]);
  if (entry.tone !== 'red') setTimeout(() => dismiss(entry.id), 6000);
}

export function Toasts() {
  const shown = useSyncExternalStore(
    (read) => {
      readers.add(read);
      return () => readers.delete(read);
    },
    () => toasts,
    () => none,
  );
  return (
    <div
      role="region"
      aria-label="Notices"
      aria-live="polite"
      className="pointer-events-none fixed inset-x-3 bottom-16 z-50 flex flex-col items-center gap-2 sm:inset-x-auto sm:right-4 sm:bottom-4 sm:items-end"
    >
      {shown.map((entry) => (
        <div
          key={entry.id}
          className="pointer-events-auto flex w-full max-w-sm animate-rise items-start gap-2.5 rounded-lg bg-raised py-2.5 pr-2 pl-3 shadow-raised sm:w-90"
        >
          {entry.tone === 'grey' ? null : <StatusShape tone={entry.tone} className="mt-0.5" />}
          <p className="min-w-0 flex-1 text-sm text-pretty">
            {entry.text}
            {entry.code ? <span className="mono ml-1.5 text-muted">{entry.code}</span> : null}
          </p>
          {entry.action ? (
            <Button
              look="quiet"
              size="small"
              className="-my-1"
              onClick={() => {
                entry.action?.run();
                dismiss(entry.id);
              }}
            >
              {entry.action.label}
            </Button>
          ) : null}
          <Button look="quiet" size="icon" className="-my-1" aria-label="Close" onClick={() => dismiss(entry.id)}>
            <X />
          </Button>
        </div>
      ))}
    </div>
  );
}
