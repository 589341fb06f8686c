'use client';
import { DropdownMenu } from 'radix-ui';
import type { ComponentProps } from 'react';
import { cn } from '#app/ui/cn.ts';
import { Kbd } from '#app/ui/kbd.tsx';

export const Menu = DropdownMenu.Root;
export const MenuTrigger = DropdownMenu.Trigger;
export const MenuLine = () => <DropdownMenu.Separator className="my-1 h-px bg-line" />;
export const MenuLabel = ({ children }: { children: React.ReactNode }) => (
  <DropdownMenu.Label className="px-2 pt-1.5 pb-1 text-xs text-muted">{children}</DropdownMenu.Label>
);

export function MenuContent({
  className,
  children,
  align = 'end',
  ...rest
}: ComponentProps<typeof DropdownMenu.Content>) {
  return (
    <DropdownMenu.Portal>
      <DropdownMenu.Content
        align={align}
        sideOffset={4}
        collisionPadding={8}
        className={cn(
          'z-50 max-h-(--radix-dropdown-menu-content-available-height) min-w-48 animate-rise overflow-y-auto rounded-lg bg-raised p-1 shadow-raised',
          className,
        )}
        {...rest}
      >
        {children}
      </DropdownMenu.Content>
    </DropdownMenu.Portal>
  );
}

interface ItemProps extends Omit<ComponentProps<typeof DropdownMenu.Item>, 'disabled'> {
  icon?: React.ReactNode;
  /** A second line that says what it will do. */
  note?: React.ReactNode;
  keys?: string;
  /** Why it is not possible; shown as the note, and the item cannot be chosen. */
  disabledReason?: string | null | undefined;
  danger?: boolean;
}

export function MenuItem({ icon, note, keys, disabledReason, danger, className, children, ...rest }: ItemProps) {
  const second = disabledReason ?? note;
  return (
    <DropdownMenu.Item
      disabled={Boolean(disabledReason)}
      className={cn(
        'flex min-h-8 items-start gap-2.5 rounded-md px-2 py-1.5 text-sm outline-none select-none',
        'data-[highlighted]:bg-hover data-[disabled]:text-muted [&_svg]:mt-0.5 [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:stroke-[1.75] [&_svg]:text-muted',
        danger && 'text-red-text [&_svg]:text-red-text',
        className,
      )}
      {...rest}
    >
      {icon}
      <span className="min-w-0 flex-1">
        <span className={cn('block', disabledReason && 'opacity-60')}>{children}</span>
        {second ? <span className="block max-w-72 text-xs text-pretty text-muted">{second}</span> : null}
      </span>
      {keys ? <Kbd keys={keys} className="mt-px" /> : null}
    </DropdownMenu.Item>
  );
}
