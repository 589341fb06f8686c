import { type ClassValue, clsx } from 'clsx';
import { extendTailwindMerge } from 'tailwind-merge';

const merge = extendTailwindMerge({
  extend: { theme: { text: ['xs', 'sm', 'base', 'lg', 'xl', 'mono'], shadow: ['raised', 'control'] } },
});

/** Joins class names; of two that set the same property the later one stays. */
export const cn = (...classes: ClassValue[]): string => merge(clsx(classes));
