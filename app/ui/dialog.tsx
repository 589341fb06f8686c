'use client';
import { X } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import { Button } from '#app/ui/button.tsx';
import { cn } from '#app/ui/cn.ts';

interface Props {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description?: React.ReactNode;
  children?: React.ReactNode;
  /** Buttons; the one that acts comes last. */
  footer?: React.ReactNode;
  wide?: boolean;
}

/** What is marked, else the first field, else the dialog itself: the close button is never what one came for. */
function focusFirstField(event: Event): void {
  const content = event.currentTarget;
  if (!(content instanceof HTMLElement)) return;
  event.preventDefault();
  const marked = content.querySelector<HTMLElement>('[data-autofocus]');
  const field = content.querySelector<HTMLElement>(
    'input:not([disabled]), textarea:not([disabled]), select:not([disabled])',
  );
  (marked ?? field ?? content).focus();
}

/** Traps focus and gives it back where it was; Escape and the backdrop close it. */
export function Dialog({ open, onOpenChange, title, description, children, footer, wide }: Props) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 animate-appear bg-backdrop" />
        <Radix.Content
          className={cn(
            'fixed inset-x-3 bottom-3 z-40 mx-auto flex max-h-[calc(100dvh-24px)] max-w-lg animate-rise flex-col overflow-hidden rounded-xl bg-raised shadow-raised focus:outline-none',
            'sm:top-[12vh] sm:bottom-auto sm:max-h-[76vh]',
            wide && 'max-w-3xl',
          )}
          onOpenAutoFocus={focusFirstField}
          {...(description ? {} : { 'aria-describedby': undefined })}
        >
          <header className="flex items-start gap-3 px-5 pt-4 pb-3">
            <div className="min-w-0 flex-1">
              <Radix.Title className="text-lg font-semibold">{title}</Radix.Title>
              {description ? (
                <Radix.Description className="mt-0.5 text-sm text-pretty text-muted">{description}</Radix.Description>
              ) : null}
            </div>
            <Radix.Close asChild>
              <Button look="quiet" size="icon" aria-label="Close" className="-mr-1.5">
                <X />
              </Button>
            </Radix.Close>
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto px-5 pb-5">{children}</div>
          {footer ? <footer className="flex justify-end gap-2 border-t bg-sunken/60 px-5 py-3">{footer}</footer> : null}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
