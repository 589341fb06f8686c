import { Layers, ListOrdered, Settings } from 'lucide-react';

export const navigation = (org: string) =>
  [
    { href: `/${org}`, label: 'Projects', icon: Layers, keys: 'g p' },
    { href: `/${org}/queue`, label: 'Queue', icon: ListOrdered, keys: 'g q' },
    { href: `/${org}/settings`, label: 'Settings', icon: Settings, keys: 'g s' },
  ] as const;

/** Words that stand in addresses themselves and can be no project's slug. */
export const ownPages = ['new', 'queue', 'settings'] as const;
export const isCurrentPage = (pathname: string, href: string, org: string): boolean =>
  href === `/${org}`
    ? pathname === href || !ownPages.some((page) => page !== 'new' && pathname.startsWith(`/${org}/${page}`))
    : pathname.startsWith(href);
