'use client';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { cn } from '#app/ui/cn.ts';

export interface NavTab {
  href: string;
  label: string;
  /** A small number or mark behind the word. */
  badge?: React.ReactNode;
}

/** Tabs that are links: the URL is the state. The first one matches exactly, the others their whole subtree. */
export function NavTabs({ tabs, label }: { tabs: readonly NavTab[]; label: string }) {
  const pathname = usePathname();
  return (
    <nav aria-label={label} className="-mx-4 overflow-x-auto border-b px-4 [scrollbar-width:none] sm:-mx-6 sm:px-6">
      <ul className="flex gap-1">
        {tabs.map((tab, index) => {
          const isCurrent = pathname === tab.href || (index > 0 && pathname.startsWith(`${tab.href}/`));
          return (
            <li key={tab.href}>
              <Link
                href={tab.href}
                aria-current={isCurrent ? 'page' : undefined}
                className={cn(
                  'relative flex h-9 items-center gap-1.5 rounded-md px-2 text-sm font-medium whitespace-nowrap text-muted transition-colors outline-offset-[-2px] hover:text-text',
                  isCurrent &&
                    'text-text after:absolute after:inset-x-2 after:-bottom-px after:h-[1.5px] after:bg-text',
                )}
              >
                {tab.label}
                {tab.badge}
              </Link>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
