import { Copyable } from '#app/ui/copyable.tsx';
import { cn } from '#app/ui/cn.ts';

/** An address that opens, with its copy button beside it. */
export function Url({ url, className }: { url: string; className?: string }) {
  return (
    <span className={cn('inline-flex max-w-full min-w-0 items-center gap-1', className)}>
      <a
        href={url}
        target="_blank"
        rel="noreferrer"
        className="mono truncate underline decoration-line underline-offset-3 hover:decoration-current"
      >
        {url.replace(/\/$/, '')}
      </a>
      <Copyable value={url} what="URL" className="mx-0 text-muted">
        {null}
      </Copyable>
    </span>
  );
}
