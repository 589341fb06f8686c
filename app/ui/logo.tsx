import { cn } from '#app/ui/cn.ts';

/** A hull on its slip: the boat leaves the ramp. */
export const Logo = ({ className }: { className?: string }) => (
  <svg
    viewBox="0 0 20 20"
    aria-hidden
    className={cn('size-5', className)}
    fill="none"
    strokeLinecap="round"
    strokeLinejoin="round"
  >
    <path d="M3 8.5h13.2c-.5 3-2.3 4.7-5.1 4.7H7.2C5 13.200 3.600 11.600 3 8.500Z" fill="currentColor" />
    <path d="M8.600 6.200V2.500l4.600 3.700Z" fill="currentColor" />
    <path d="M2 17.200 18 14.600" stroke="currentColor" strokeWidth="1.6" className="text-accent-text" />
  </svg>
);
