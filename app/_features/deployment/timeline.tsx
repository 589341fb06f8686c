'use client';
import Link from 'next/link';
import { timelineLines } from '#app/_features/deployment/timeline-view.ts';
import { StatusShape } from '#app/ui/status.tsx';
import { Ago } from '#app/ui/time.tsx';
import type { TimelineEntry } from '#server/domain/views/releases.ts';

/** What happened, newest first. New lines fade in at the top. */
export function Timeline({ entries, base }: { entries: readonly TimelineEntry[]; base: string }) {
  const lines = timelineLines(entries);
  if (lines.length === 0) return <p className="border-t py-2 text-sm text-muted">Nothing happened yet.</p>;
  return (
    <ol className="divide-y border-y">
      {lines.map((line) => (
        <li key={line.seq} className="flex min-h-9 animate-appear items-center gap-2.5 py-1.5 text-sm">
          <StatusShape tone={line.tone} className="size-3.5" />
          <span className="min-w-0 flex-1 text-pretty">
            {line.href === null ? (
              line.text
            ) : (
              <Link href={`${base}${line.href}`} className="hover:underline">
                {line.text}
              </Link>
            )}
          </span>
          <span className="shrink-0 text-xs text-muted">
            {line.actor ? `${line.actor}, ` : ''}
            <Ago at={line.at} className="tabular" />
          </span>
        </li>
      ))}
    </ol>
  );
}
