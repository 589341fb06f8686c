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
        {/* A drawing, because the page's policy allows no inline style. */}
        <svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden className="block h-full w-full">
          <rect width={part * 100} height="1" className="fill-accent" />
        </svg>
      </div>
    </div>
  );
}
