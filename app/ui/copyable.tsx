'use client';
import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { cn } from '#app/ui/cn.ts';

/** Copies and says so for a moment. Works without the clipboard API too (plain http on another machine). */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    area.className = 'fixed top-0 opacity-0';
    document.body.append(area);
    area.select();
    // The only way where the clipboard API is missing.
    const done = document.execCommand('copy');
    area.remove();
    return done;
  }
}

interface Props {
  /** What is copied; shown too unless there are children. */
  value: string;
  /** What it is, for the button's name: "commit", "URL". */
  what: string;
  children?: React.ReactNode;
  className?: string | undefined;
  mono?: boolean;
}

/** Anything with an id: one click copies it. */
export function Copyable({ value, what, children, className, mono = true }: Props) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1200);
    return () => clearTimeout(timer);
  }, [copied]);
  const Icon = copied ? Check : Copy;
  return (
    <button
      type="button"
      title={`Copy ${what}: ${value}`}
      aria-label={`Copy ${what} ${value}`}
      onClick={() => void copyText(value).then(setCopied)}
      className={cn(
        'group/copy -mx-1 inline-flex max-w-full min-w-0 items-center gap-1 rounded-sm px-1 align-baseline hover:bg-hover',
        mono && 'mono',
        className,
      )}
    >
      {children === null ? null : <span className="truncate">{children ?? value}</span>}
      <Icon
        aria-hidden
        className={cn(
          'size-3 shrink-0 stroke-[1.75] transition-opacity',
          copied || children === null
            ? 'opacity-100'
            : 'text-muted opacity-0 group-hover/copy:opacity-100 group-focus-visible/copy:opacity-100 pointer-coarse:opacity-60',
        )}
      />
      <span role="status" className="sr-only">
        {copied ? 'Copied' : ''}
      </span>
    </button>
  );
}
