'use client';
import { useQuery } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useCallback, useState } from 'react';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { KeysDialog, openKeys } from '#app/_features/shell/keys-dialog.tsx';
import { navigation } from '#app/_features/shell/nav.ts';
import { useOrg } from '#app/_features/shell/org-context.tsx';
import { Palette } from '#app/_features/shell/palette.tsx';
import { BottomBar, Sidebar } from '#app/_features/shell/sidebar.tsx';
import { setTheme } from '#app/_features/shell/theme.ts';
import { useCommands, useKeyboard, type Command } from '#app/ui/commands.tsx';
import { Toasts } from '#app/ui/toast.tsx';
import { TooltipProvider } from '#app/ui/tooltip.tsx';

/** Sidebar (a bottom bar on a phone), palette and keys around every page of an organization. */
export function Shell({ children }: { children: React.ReactNode }) {
  const [isSearching, setSearching] = useState(false);
  // In the page's own script: read when it is asked for, the first letters typed would reach the page's keys.
  const openPalette = useCallback(() => setSearching(true), []);
  useKeyboard(openPalette, openKeys);
  useShellCommands();
  return (
    <TooltipProvider>
      <a
        href="#main"
        className="sr-only z-50 rounded-md bg-raised px-3 py-2 shadow-raised focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to the page
      </a>
      <div className="flex min-h-dvh bg-surface">
        <Sidebar onSearch={openPalette} />
        <main id="main" className="flex min-w-0 flex-1 flex-col pb-14 md:pb-0">
          {children}
        </main>
      </div>
      <BottomBar onSearch={openPalette} />
      <Palette open={isSearching} onOpenChange={setSearching} />
      <KeysDialog />
      <Toasts />
    </TooltipProvider>
  );
}

function useShellCommands(): void {
  const router = useRouter();
  const { slug } = useOrg();
  const trpc = useTRPC();
  const { data: me } = useQuery(trpc.account.me.queryOptions());
  const others = me?.organizations.filter((org) => org.slug !== slug) ?? [];
  useCommands([
    ...others.map((org): Command => ({
      id: `org-${org.id}`,
      title: `Organization ${org.name}`,
      group: 'Go to',
      run: () => router.push(`/${org.slug}`),
    })),
    ...navigation(slug).map((item): Command => ({
      id: item.href,
      title: item.label,
      group: 'Go to',
      keys: item.keys,
      run: () => router.push(item.href),
    })),
    {
      id: 'new-project',
      title: 'New project',
      group: 'Actions',
      keys: 'n',
      words: 'create add',
      run: () => router.push(`/${slug}/new`),
    },
    {
      id: 'members',
      title: 'Members',
      group: 'Go to',
      words: 'people invite role',
      run: () => router.push(`/${slug}/settings`),
    },
    {
      id: 'sessions',
      title: 'Sessions',
      group: 'Go to',
      words: 'sign out devices',
      run: () => router.push(`/${slug}/settings/sessions`),
    },
    {
      id: 'credentials',
      title: 'Git credentials',
      group: 'Go to',
      words: 'token deploy key',
      run: () => router.push(`/${slug}/settings/credentials`),
    },
    { id: 'theme-light', title: 'Light appearance', group: 'Appearance', run: () => setTheme('light') },
    { id: 'theme-dark', title: 'Dark appearance', group: 'Appearance', run: () => setTheme('dark') },
    { id: 'theme-system', title: 'Appearance as the system', group: 'Appearance', run: () => setTheme('system') },
  ]);
}
