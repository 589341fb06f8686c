import { useId, type ComponentProps } from 'react';
import { cn } from '#app/ui/cn.ts';

interface FieldProps {
  label: React.ReactNode;
  /** What it is for, or its limits. */
  hint?: React.ReactNode;
  /** Stands at the field; the form keeps what was typed. */
  error?: string | null | undefined;
  /** Right of the label: where the value came from, or an action. */
  aside?: React.ReactNode;
  className?: string | undefined;
  children: (control: {
    id: string;
    'aria-describedby': string | undefined;
    'aria-invalid': boolean;
  }) => React.ReactNode;
}

/** Label, control, hint and error, wired for assistive technology. */
export function Field({ label, hint, error, aside, className, children }: FieldProps) {
  const id = useId();
  const described = [hint ? `${id}-hint` : null, error ? `${id}-error` : null].filter(Boolean).join(' ');
  return (
    <div className={cn('flex min-w-0 flex-col gap-1.5', className)}>
      <div className="flex min-h-4 items-baseline justify-between gap-3">
        <label htmlFor={id} className="text-xs font-medium text-text">
          {label}
        </label>
        {aside ? <span className="min-w-0 truncate text-xs text-muted">{aside}</span> : null}
      </div>
      {children({ id, 'aria-describedby': described || undefined, 'aria-invalid': Boolean(error) })}
      {error ? (
        <p id={`${id}-error`} role="alert" className="text-xs text-red-text">
          {error}
        </p>
      ) : null}
      {hint ? (
        <p id={`${id}-hint`} className="text-xs text-pretty text-muted">
          {hint}
        </p>
      ) : null}
    </div>
  );
}

export function Input({ className, ...rest }: ComponentProps<'input'>) {
  return (
    <input
      autoComplete="off"
      spellCheck={false}
      className={cn('field h-8 w-full min-w-0 px-2.5 text-sm pointer-coarse:h-10 pointer-coarse:text-lg', className)}
      {...rest}
    />
  );
}

export function TextArea({ className, ...rest }: ComponentProps<'textarea'>) {
  return (
    <textarea
      spellCheck={false}
      className={cn('field min-h-24 w-full resize-y px-2.5 py-1.5 text-sm pointer-coarse:text-lg', className)}
      {...rest}
    />
  );
}

/** The platform's own select: right on a phone, complete with a keyboard, no script. */
export function Select({ className, children, ...rest }: ComponentProps<'select'>) {
  return (
    <span className={cn('relative inline-flex min-w-0', className)}>
      <select
        className="field h-8 w-full min-w-0 appearance-none truncate pr-8 pl-2.5 text-sm pointer-coarse:h-10 pointer-coarse:text-lg"
        {...rest}
      >
        {children}
      </select>
      <svg
        viewBox="0 0 16 16"
        aria-hidden
        className="pointer-events-none absolute top-1/2 right-2 size-4 -translate-y-1/2 text-muted"
      >
        <path
          d="m4.5 6.5 3.5 3.5 3.5-3.5"
          fill="none"
          stroke="currentColor"
          strokeWidth="1.5"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
      </svg>
    </span>
  );
}

export function Checkbox({
  label,
  hint,
  className,
  ...rest
}: ComponentProps<'input'> & { label: React.ReactNode; hint?: string }) {
  return (
    <label className={cn('flex items-start gap-2 text-sm', className)}>
      <input type="checkbox" className="mt-[3px] size-3.5 shrink-0" {...rest} />
      <span>
        {label}
        {hint ? <span className="block text-xs text-muted">{hint}</span> : null}
      </span>
    </label>
  );
}
