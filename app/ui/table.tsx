import type { ComponentProps } from 'react';
import { cn } from '#app/ui/cn.ts';

/** Hairlines, 36 px rows, 13 px type. Scrolls sideways by itself on a narrow screen. */
export function Table({ className, children, ...rest }: ComponentProps<'table'>) {
  return (
    <div className="-mx-4 overflow-x-auto px-4 sm:-mx-6 sm:px-6">
      <table className={cn('w-full border-collapse text-left text-sm', className)} {...rest}>
        {children}
      </table>
    </div>
  );
}
export const Head = ({ children }: { children: React.ReactNode }) => (
  <thead className="text-xs text-muted">
    <tr className="border-b">{children}</tr>
  </thead>
);
interface Narrow {
  /** Left out where there is no room for it. */
  wideOnly?: boolean;
}
export const HeadCell = ({ className, wideOnly, ...rest }: ComponentProps<'th'> & Narrow) => (
  <th
    scope="col"
    className={cn('h-8 pr-4 font-normal whitespace-nowrap last:pr-0', wideOnly && 'max-sm:hidden', className)}
    {...rest}
  />
);
/** `data-row` lets j and k walk over the rows; Enter follows the row's first link. */
export const Row = ({ className, ...rest }: ComponentProps<'tr'>) => (
  <tr data-row className={cn('group h-9 border-b transition-colors hover:bg-hover/60', className)} {...rest} />
);
export const Cell = ({ className, wideOnly, ...rest }: ComponentProps<'td'> & Narrow) => (
  <td
    className={cn('h-9 pr-4 align-middle whitespace-nowrap last:pr-0', wideOnly && 'max-sm:hidden', className)}
    {...rest}
  />
);
