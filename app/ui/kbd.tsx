import { cn } from '#app/ui/cn.ts';

/** A key, or keys one after the other: `<Kbd keys="g p" />`. */
export function Kbd({ keys, className }: { keys: string; className?: string }) {
  return (
    <span className={cn('inline-flex gap-0.5', className)} aria-hidden>
      {keys.split(' ').map((key, index) => (
        <kbd
          key={`${key}${String(index)}`}
          className="inline-flex h-[18px] min-w-[18px] items-center justify-center rounded-sm border bg-sunken px-1 font-sans text-[11px] leading-none text-muted"
        >
          {key}
        </kbd>
      ))}
    </span>
  );
}
