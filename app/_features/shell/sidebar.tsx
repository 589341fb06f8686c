'use client';
import { useQuery } from '@tanstack/react-query';
import { Search, Server } from 'lucide-react';
import Link from 'next/link';
import { useParams, usePathname } from 'next/navigation';
import { useEffect, useState } from 'react';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { AccountMenu } from '#app/_features/shell/account-menu.tsx';
import { useConnection } from '#app/_features/shell/live.tsx';
import { isCurrentPage, navigation } from '#app/_features/shell/nav.ts';
import { useOrg } from '#app/_features/shell/org-context.tsx';
import { OrgSwitcher } from '#app/_features/shell/org-switcher.tsx';
import { summaryTone } from '#app/_features/status/view.ts';
import { Kbd } from '#app/ui/kbd.tsx';
import { StatusShape } from '#app/ui/status.tsx';

const rowStyle =
  'flex h-8 items-center gap-2 rounded-md px-2 text-sm text-muted transition-colors hover:bg-hover hover:text-text aria-[current=page]:bg-pressed/70 aria-[current=page]:text-text';

export function Sidebar({ onSearch }: { onSearch: () => void }) {
  const { slug } = useOrg();
  const pathname = usePathname();
  return (
    <aside className="sticky top-0 hidden h-dvh w-60 shrink-0 flex-col border-r bg-sunken md:flex">
      <div className="flex items-center gap-1 p-2.5">
        <OrgSwitcher />
      </div>
      <div className="px-2.5 pb-2">
        <button
          type="button"
          onClick={onSearch}
          className="flex h-8 w-full items-center gap-2 rounded-md border border-edge bg-surface px-2 text-sm text-muted shadow-control transition-colors hover:text-text"
        >
          <Search className="size-4 stroke-[1.75]" />
          Search or do
          <Kbd keys="⌘ K" className="ml-auto" />
        </button>
      </div>
      <nav aria-label="Main" className="flex flex-col gap-px px-2.5">
        {navigation(slug).map((item) => (
          <Link
            key={item.href}
            href={item.href}
            aria-current={isCurrentPage(pathname, item.href, slug, 'sidebar') ? 'page' : undefined}
            className={rowStyle}
          >
            <item.icon className="size-4 stroke-[1.75]" />
            {item.label}
            {item.label === 'Queue' ? <QueueCount /> : null}
          </Link>
        ))}
      </nav>
      <ProjectList />
      <div className="mt-auto border-t p-2.5">
        <PlatformLink />
        <AccountMenu />
      </div>
    </aside>
  );
}

/** Only operators have this page. */
function PlatformLink() {
  const trpc = useTRPC();
  const { slug } = useOrg();
  const pathname = usePathname();
  const { data: me } = useQuery(trpc.account.me.queryOptions());
  if (!me?.isOperator) return null;
  const href = `/${slug}/platform`;
  return (
    <Link href={href} aria-current={pathname === href ? 'page' : undefined} className={rowStyle}>
      <Server className="size-4 stroke-[1.75]" />
      Platform
    </Link>
  );
}

/** Counts of the queue: "2 running, 1 waiting" for readers, the sum for the eye. */
function QueueCount() {
  const trpc = useTRPC();
  const { slug } = useOrg();
  const { data } = useQuery(trpc.queue.list.queryOptions({ org: slug }));
  if (!data || data.length === 0) return null;
  const waiting = data.filter((entry) => entry.waits !== null).length;
  const words = `${String(data.length - waiting)} running, ${String(waiting)} waiting`;
  return (
    <span title={words} className="tabular ml-auto text-xs text-muted">
      <span aria-hidden>{data.length}</span>
      <span className="sr-only">{words}</span>
    </span>
  );
}

function ProjectList() {
  const trpc = useTRPC();
  const { slug } = useOrg();
  const params = useParams<{ project?: string; deployment?: string }>();
  const { data } = useQuery(trpc.projects.list.queryOptions({ org: slug }));
  const connection = useConnection();
  return (
    <nav aria-label="All projects" className="mt-5 min-h-0 flex-1 overflow-y-auto px-2.5 pb-4">
      <p className="flex items-center justify-between px-2 pb-1 text-xs text-muted">
        Projects
        <span role="status">{connection === 'live' ? null : <NotLive />}</span>
      </p>
      <ul className="flex flex-col gap-px">
        {data?.map((project) => (
          <li key={project.id}>
            <Link
              href={`/${slug}/${project.slug}`}
              aria-current={params.project === project.slug && !params.deployment ? 'page' : undefined}
              title={project.status.sentence}
              className={rowStyle}
            >
              <StatusShape
                tone={summaryTone(project.status, project.deployments.find((item) => item.active)?.active ?? null)}
                label
                className="size-3.5"
              />
              <span className="truncate">{project.name}</span>
            </Link>
            {params.project === project.slug ? (
              <ul className="my-px ml-[15px] flex flex-col gap-px border-l pl-2">
                {project.deployments
                  .filter((deployment) => deployment.restorableUntil === null)
                  .map((deployment) => (
                    <li key={deployment.id}>
                      <Link
                        href={`/${slug}/${project.slug}/${deployment.slug}`}
                        aria-current={params.deployment === deployment.slug ? 'page' : undefined}
                        title={deployment.status.sentence}
                        className={rowStyle}
                      >
                        <StatusShape
                          tone={summaryTone(deployment.status, deployment.active)}
                          label
                          className="size-3.5"
                        />
                        <span className="truncate">{deployment.name}</span>
                      </Link>
                    </li>
                  ))}
              </ul>
            ) : null}
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** Only when it lasts, for eyes and for readers: each page begins without its stream. */
function NotLive() {
  const [lasts, setLasts] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLasts(true), 3000);
    return () => clearTimeout(timer);
  }, []);
  return lasts ? <span className="animate-appear">not live, connecting</span> : null;
}

/** The same places on a phone. */
export function BottomBar({ onSearch }: { onSearch: () => void }) {
  const { slug } = useOrg();
  const pathname = usePathname();
  const item =
    'flex flex-1 flex-col items-center justify-center gap-0.5 text-[11px] leading-4 text-muted aria-[current=page]:text-text';
  return (
    <nav
      aria-label="Main"
      className="fixed inset-x-0 bottom-0 z-30 flex h-14 border-t bg-surface pb-[env(safe-area-inset-bottom)] md:hidden"
    >
      {navigation(slug).map((entry) => (
        <Link
          key={entry.href}
          href={entry.href}
          aria-current={isCurrentPage(pathname, entry.href, slug, 'bottom') ? 'page' : undefined}
          className={item}
        >
          <entry.icon className="size-5 stroke-[1.75]" />
          {entry.label}
        </Link>
      ))}
      <button type="button" onClick={onSearch} className={item}>
        <Search className="size-5 stroke-[1.75]" />
        Search
      </button>
    </nav>
  );
}
