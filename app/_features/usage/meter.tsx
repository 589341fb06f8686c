/** How much of a limit is taken: words first, a bar for the eye. */
export function Meter({ label, used, limit, words }: { label: string; used: number; limit: number; words: string }) {
  const part = limit === 0 ? 1 : Math.min(1, used / limit);
  return (
    <div className="min-w-0">
      <div className="flex items-baseline justify-between gap-3 text-sm">
        <span className="text-muted">{label}</span>
        <span className="tabular truncate">{words}</span>
      </div>
      <div
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={limit}
        aria-valuenow={used}
        aria-valuetext={words}
        className="mt-1.5 h-1 overflow-hidden rounded-full bg-pressed"
      >
        <div className="h-full rounded-full bg-accent-fill" style={{ width: `${String(Math.round(part * 100))}%` }} />
      </div>
    </div>
  );
}
