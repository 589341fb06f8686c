'use client';
import { useQuery } from '@tanstack/react-query';
import { Keyboard, LogOut, Monitor, Moon, Sun } from 'lucide-react';
import { signOut } from '#app/_lib/sign-in.ts';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { openKeys } from '#app/_features/shell/keys-dialog.tsx';
import { setTheme, type Theme } from '#app/_features/shell/theme.ts';
import { Menu, MenuContent, MenuItem, MenuLabel, MenuLine, MenuTrigger } from '#app/ui/menu.tsx';

const looks: { theme: Theme; label: string; icon: typeof Sun }[] = [
  { theme: 'system', label: 'As the system', icon: Monitor },
  { theme: 'light', label: 'Light', icon: Sun },
  { theme: 'dark', label: 'Dark', icon: Moon },
];

export function AccountMenu() {
  const trpc = useTRPC();
  const { data: me } = useQuery(trpc.account.me.queryOptions());
  return (
    <Menu>
      <MenuTrigger className="flex h-9 w-full min-w-0 items-center gap-2 rounded-md px-2 text-left text-sm hover:bg-hover data-[state=open]:bg-hover">
        <span
          aria-hidden
          className="flex size-5 shrink-0 items-center justify-center rounded-full bg-accent-fill text-[11px] font-semibold text-accent-text"
        >
          {me?.name.slice(0, 1).toUpperCase()}
        </span>
        <span className="truncate">{me?.name}</span>
      </MenuTrigger>
      <MenuContent align="start" side="top" className="w-56">
        <MenuLabel>{me?.email}</MenuLabel>
        <MenuLine />
        <MenuLabel>Appearance</MenuLabel>
        {looks.map(({ theme, label, icon: Icon }) => (
          <MenuItem key={theme} icon={<Icon />} onSelect={() => setTheme(theme)}>
            {label}
          </MenuItem>
        ))}
        <MenuLine />
        <MenuItem icon={<Keyboard />} keys="?" onSelect={openKeys}>
          Keyboard
        </MenuItem>
        <MenuItem icon={<LogOut />} onSelect={() => void signOut()}>
          Sign out
        </MenuItem>
      </MenuContent>
    </Menu>
  );
}
