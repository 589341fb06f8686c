import { StatusShape } from '#app/ui/status.tsx';

/** Marks what the next release brings. */
export const NotLive = ({ children }: { children: React.ReactNode }) => (
  <span className="inline-flex shrink-0 items-center gap-1.5 text-xs text-accent-text">
    <StatusShape tone="waiting" className="size-3.5 text-accent-text" />
    {children}
  </span>
);
