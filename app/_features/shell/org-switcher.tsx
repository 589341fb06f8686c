'use client';
import { Check, ChevronsUpDown, Plus } from 'lucide-react';
import Link from 'next/link';
import { useQuery } from '@tanstack/react-query';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { useOrg } from '#app/_features/shell/org-context.tsx';
import { Logo } from '#app/ui/logo.tsx';
import { Menu, MenuContent, MenuItem, MenuLabel, MenuLine, MenuTrigger } from '#app/ui/menu.tsx';

export function OrgSwitcher() {
  const org = useOrg();
  const trpc = useTRPC();
  const { data: me } = useQuery(trpc.account.me.queryOptions());
  return (
    <Menu>
      <MenuTrigger className="flex h-9 min-w-0 flex-1 items-center gap-2 rounded-md px-2 text-left hover:bg-hover data-[state=open]:bg-hover">
        <Logo className="size-5" />
        <span className="truncate font-medium">{org.name}</span>
        <ChevronsUpDown className="ml-auto size-4 shrink-0 stroke-[1.75] text-faint" />
      </MenuTrigger>
      <MenuContent align="start" className="w-56">
        <MenuLabel>Organizations</MenuLabel>
        {me?.organizations.map((entry) => (
          <MenuItem key={entry.id} asChild>
            <Link
              href={`/${entry.slug}`}
              className="flex min-h-8 items-center gap-2.5 rounded-md px-2 py-1.5 text-sm outline-none data-[highlighted]:bg-hover"
            >
              <span className="min-w-0 flex-1 truncate">{entry.name}</span>
              {entry.id === org.id ? (
                <Check className="size-4 text-muted" />
              ) : (
                <span className="text-xs text-muted">{entry.role}</span>
              )}
            </Link>
          </MenuItem>
        ))}
        <MenuLine />
        <MenuItem asChild>
          <Link
            href="/new-organization"
            className="flex min-h-8 items-center gap-2.5 rounded-md px-2 py-1.5 text-sm text-muted outline-none data-[highlighted]:bg-hover"
          >
            <Plus className="size-4 stroke-[1.75]" /> New organization
          </Link>
        </MenuItem>
      </MenuContent>
    </Menu>
  );
}
