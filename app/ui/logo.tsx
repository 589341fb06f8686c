import { cn } from '#app/ui/cn.ts';

/** A boat that leaves the ramp. */
export const Logo = ({ className }: { className?: string }) => (
  <svg viewBox="0 0 32 32" aria-hidden className={cn('size-6 shrink-0', className)}>
    <rect width="32" height="32" rx="8" className="fill-accent" />
    <path d="M6.500 15.500h19c-.8 4-3.400 6.200-7.300 6.200h-5.600c-3.100 0-5.400-2.200-6.100-6.200Z" fill="white" />
    <path d="M14.500 13.200V6l6.600 7.200Z" fill="white" />
    <path
      d="M5.500 26.500 26.500 23.600"
      stroke="white"
      strokeOpacity="0.6"
      strokeWidth="2.200"
      strokeLinecap="round"
    />
  </svg>
);
