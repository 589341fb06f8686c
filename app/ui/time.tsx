'use client';
import { useNow } from '#app/ui/clock.tsx';
import { durationWords, exactWords, relativeWords } from '#app/ui/time-words.ts';

/** Relative, with the exact time on hover. */
export function Ago({ at, className }: { at: Date; className?: string }) {
  const now = useNow();
  return (
    <time dateTime={at.toISOString()} title={exactWords(at)} className={className}>
      {relativeWords(at, now)}
    </time>
  );
}

/** How long it took, or takes until now. Rounded to seconds while it runs, so that digits do not flicker. */
export function Took({ from, to, className }: { from: Date; to: Date | null; className?: string }) {
  const now = useNow();
  const ms = (to ?? now).getTime() - from.getTime();
  return (
    <span className={className} title={`Started ${exactWords(from)}`}>
      {to ? durationWords(ms) : durationWords(Math.max(Math.floor(ms / 1000) * 1000, 0)).replace('.0 s', ' s')}
    </span>
  );
}
