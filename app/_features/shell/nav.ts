import { ChartColumn, Layers, ListOrdered, Settings } from 'lucide-react';

export const navigation = (org: string) =>
  [
    { href: `/${org}`, label: 'Projects', icon: Layers, keys: 'g p' },
    { href: `/${org}/queue`, label: 'Queue', icon: ListOrdered, keys: 'g q' },
    { href: `/${org}/usage`, label: 'Usage', icon: ChartColumn, keys: 'g u' },
    { href: `/${org}/settings`, label: 'Settings', icon: Settings, keys: 'g s' },
  ] as const;

const isBelow = (pathname: string, href: string): boolean => pathname === href || pathname.startsWith(`${href}/`);
/** In the sidebar, which lists the projects too, "Projects" is the list alone; in the bar of a phone it is all of them. */
export function isCurrentPage(pathname: string, href: string, org: string, bar: 'sidebar' | 'bottom'): boolean {
  if (href !== `/${org}`) return isBelow(pathname, href);
  if (bar === 'sidebar') return pathname === href || pathname === `${href}/new`;
  return !navigation(org).some((item) => item.href !== href && isBelow(pathname, item.href));
}
