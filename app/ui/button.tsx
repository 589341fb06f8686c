import { cva, type VariantProps } from 'class-variance-authority';
import { Slot } from 'radix-ui';
import type { ComponentProps } from 'react';
import { cn } from '#app/ui/cn.ts';

export const buttonStyles = cva(
  [
    'inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md font-medium whitespace-nowrap select-none',
    'transition-[background-color,border-color,color,opacity] disabled:pointer-events-none disabled:opacity-45',
    'aria-disabled:cursor-not-allowed aria-disabled:opacity-45 [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:stroke-[1.75]',
  ],
  {
    variants: {
      look: {
        primary:
          'bg-accent text-on-accent shadow-control hover:bg-accent-hover active:bg-accent aria-disabled:hover:bg-accent',
        secondary:
          'border border-edge bg-surface text-text shadow-control hover:bg-hover active:bg-pressed data-[state=open]:bg-hover',
        quiet:
          'text-muted hover:bg-hover hover:text-text active:bg-pressed data-[state=open]:bg-hover data-[state=open]:text-text',
        danger: 'border border-red-line bg-red-fill text-red-text hover:border-red',
      },
      size: {
        base: 'h-8 px-3 text-sm',
        small: 'h-7 px-2 text-sm',
        icon: 'size-7',
        large: 'h-9 px-4 text-base',
      },
    },
    defaultVariants: { look: 'secondary', size: 'base' },
  },
);

interface Props extends ComponentProps<'button'>, VariantProps<typeof buttonStyles> {
  /** Gives the look to the child, for links. */
  asChild?: boolean;
}

/** A button with a verb. `busy` actions pass `aria-disabled`, so that focus stays where it is. */
export function Button({ asChild, className, look, size, type, ...rest }: Props) {
  const classes = cn(buttonStyles({ look, size }), className);
  if (asChild) return <Slot.Root className={classes} {...rest} />;
  return <button type={type ?? 'button'} className={classes} {...rest} />;
}
