import { cn } from '#app/ui/cn.ts';
import { StatusShape, type Tone } from '#app/ui/status.tsx';

const looks: Partial<Record<Tone, string>> = {
  green: 'border-green-line bg-green-fill',
  yellow: 'border-yellow-line bg-yellow-fill',
  red: 'border-red-line bg-red-fill',
  busy: 'border-accent-line bg-accent-fill',
};

interface Props {
  tone: Tone;
  title: React.ReactNode;
  children?: React.ReactNode;
  /** Buttons, at the end of the line on a wide screen. */
  actions?: React.ReactNode;
  className?: string;
  role?: 'alert' | 'status';
}

/** A sentence that must be seen, with what to do about it. */
export function Callout({ tone, title, children, actions, className, role }: Props) {
  return (
    <div
      role={role}
      className={cn(
        'flex flex-wrap items-start gap-x-3 gap-y-2 rounded-lg border px-3 py-2.5',
        looks[tone] ?? 'bg-sunken',
        className,
      )}
    >
      <StatusShape tone={tone} className="mt-0.5" />
      <div className="min-w-0 flex-1 basis-60">
        <p className="font-medium text-pretty">{title}</p>
        {children ? <div className="mt-0.5 text-sm text-pretty text-muted">{children}</div> : null}
      </div>
      {actions ? <div className="flex items-center gap-2">{actions}</div> : null}
    </div>
  );
}
