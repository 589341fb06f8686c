'use client';
import { Tooltip as Radix } from 'radix-ui';
import { Kbd } from '#app/ui/kbd.tsx';

interface Props {
  label: React.ReactNode;
  keys?: string;
  side?: 'top' | 'right' | 'bottom' | 'left';
  children: React.ReactNode;
}

/** Says what a control without words does, or the exact value of a shortened one. */
export function Tooltip({ label, keys, side = 'top', children }: Props) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          side={side}
          sideOffset={6}
          collisionPadding={8}
          className="z-50 flex max-w-80 animate-appear items-center gap-2 rounded-md bg-raised px-2 py-1 text-xs text-text shadow-raised"
        >
          {label}
          {keys ? <Kbd keys={keys} /> : null}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
export const TooltipProvider = ({ children }: { children: React.ReactNode }) => (
  <Radix.Provider delayDuration={350} skipDelayDuration={150}>
    {children}
  </Radix.Provider>
);
