import { cn } from '#app/ui/cn.ts';

/** How a state is shown. `busy` works, `waiting` stands in a queue; the other five are the status of something that serves. */
export const tones = ['green', 'yellow', 'red', 'grey', 'unknown', 'busy', 'waiting'] as const;
export type Tone = (typeof tones)[number];

export const toneText: Record<Tone, string> = {
  green: 'text-green-text',
  yellow: 'text-yellow-text',
  red: 'text-red-text',
  grey: 'text-muted',
  unknown: 'text-muted',
  busy: 'text-accent-text',
  waiting: 'text-muted',
};
const toneShape: Record<Tone, string> = {
  green: 'text-green',
  yellow: 'text-yellow',
  red: 'text-red',
  grey: 'text-faint',
  unknown: 'text-faint',
  busy: 'text-accent-text',
  waiting: 'text-faint',
};
const toneName: Record<Tone, string> = {
  green: 'Works',
  yellow: 'Issue',
  red: 'Needs attention',
  grey: 'Stopped',
  unknown: 'Unknown',
  busy: 'In progress',
  waiting: 'Waiting',
};

const mark = { fill: 'none', stroke: 'var(--color-surface)', strokeWidth: 1.6, strokeLinecap: 'round' } as const;
const ring = { fill: 'none', stroke: 'currentColor', strokeWidth: 1.6 } as const;
function Shape({ tone }: { tone: Tone }) {
  switch (tone) {
    case 'green':
      return (
        <>
          <circle cx="8" cy="8" r="6.5" fill="currentColor" />
          <path d="m5.2 8.2 1.9 1.9 3.7-4" strokeLinejoin="round" {...mark} />
        </>
      );
    case 'yellow':
      return (
        <>
          <path
            d="M8 2.6 14.2 13.4H1.8Z"
            fill="currentColor"
            stroke="currentColor"
            strokeWidth="1.6"
            strokeLinejoin="round"
          />
          <path d="M8 6.6v3M8 11.7v.1" {...mark} />
        </>
      );
    case 'red':
      return (
        <>
          <rect x="2" y="2" width="12" height="12" rx="2.4" fill="currentColor" />
          <path d="M8 4.9v3.6M8 11v.1" {...mark} />
        </>
      );
    case 'grey':
      return <circle cx="8" cy="8" r="5.6" {...ring} />;
    case 'unknown':
      return <circle cx="8" cy="8" r="5.6" {...ring} strokeDasharray="2.2 2.2" />;
    case 'busy':
      return (
        <>
          <circle cx="8" cy="8" r="5.6" {...ring} opacity="0.35" />
          <circle cx="8" cy="8" r="2.6" fill="currentColor" className="animate-breathe" />
        </>
      );
    case 'waiting':
      return (
        <>
          <circle cx="8" cy="8" r="5.6" {...ring} />
          <path d="M8 5v3.2l2 1.2" {...ring} strokeLinecap="round" strokeLinejoin="round" />
        </>
      );
    default:
      return tone satisfies never;
  }
}

/** The shape alone, for places where the words stand beside it. */
export function StatusShape({
  tone,
  className,
  label,
}: {
  tone: Tone;
  className?: string | undefined;
  label?: boolean;
}) {
  return (
    <svg
      viewBox="0 0 16 16"
      className={cn('size-4 shrink-0', toneShape[tone], className)}
      {...(label ? { role: 'img', 'aria-label': toneName[tone] } : { 'aria-hidden': true })}
    >
      <Shape tone={tone} />
    </svg>
  );
}

/** Colour, shape and words together; a status is never colour alone. */
export function Status({ tone, children, className }: { tone: Tone; children: React.ReactNode; className?: string }) {
  return (
    <span className={cn('inline-flex min-w-0 items-start gap-1.5', className)}>
      <StatusShape tone={tone} className="mt-0.5" />
      <span className={cn('min-w-0 sm:truncate', toneText[tone])}>{children}</span>
    </span>
  );
}
