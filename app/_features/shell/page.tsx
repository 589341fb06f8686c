import Link from 'next/link';
import { cn } from '#app/ui/cn.ts';

export interface Crumb {
  label: string;
  href: string;
}
interface Props {
  /** Where this is; the last one is the page itself. */
  crumbs: readonly Crumb[];
  /** State first: shape and sentence. */
  status?: React.ReactNode;
  /** The one primary action last. */
  actions?: React.ReactNode;
}

/** The top of a page: where, how it is, and what can be done. */
export function PageHeader({ crumbs, status, actions }: Props) {
  const [last, ...parents] = [...crumbs].reverse();
  return (
    <header className="sticky top-0 z-20 flex min-h-14 flex-wrap items-center gap-x-4 gap-y-1.5 bg-surface/95 px-4 py-2.5 backdrop-blur-sm sm:px-6">
      <div className="flex min-w-0 items-baseline gap-1.5">
        {parents.reverse().map((crumb) => (
          <span key={crumb.href} className="flex min-w-0 items-baseline gap-1.5 text-lg">
            <Link href={crumb.href} className="truncate text-muted hover:text-text">
              {crumb.label}
            </Link>
            <span aria-hidden className="text-faint">
              /
            </span>
          </span>
        ))}
        <h1 className="truncate text-lg font-semibold">{last?.label}</h1>
      </div>
      {status ? (
        <div className="order-last min-w-0 basis-full text-sm sm:order-none sm:flex-1 sm:basis-0">{status}</div>
      ) : null}
      {actions ? <div className="ml-auto flex shrink-0 items-center gap-2">{actions}</div> : null}
    </header>
  );
}

/** The page's own column. */
export const PageBody = ({ className, children }: { className?: string; children: React.ReactNode }) => (
  <div className={cn('flex flex-1 flex-col gap-6 px-4 pt-2 pb-10 sm:px-6', className)}>{children}</div>
);

/** A titled part of a page; hairlines instead of cards. */
export function Section({
  title,
  note,
  actions,
  children,
  className,
}: {
  title: string;
  note?: React.ReactNode;
  actions?: React.ReactNode;
  children: React.ReactNode;
  className?: string;
}) {
  return (
    <section className={cn('min-w-0', className)}>
      <div className="flex min-h-8 flex-wrap items-center justify-between gap-2 pb-1.5">
        <h2 className="text-base font-semibold">
          {title}
          {note ? <span className="ml-2 text-sm font-normal text-muted">{note}</span> : null}
        </h2>
        {actions}
      </div>
      {children}
    </section>
  );
}
