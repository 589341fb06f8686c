/** One sentence, one action, one line on why it is useful. */
export function Empty({ title, why, children }: { title: string; why: string; children?: React.ReactNode }) {
  return (
    <div className="flex flex-col items-center gap-1 px-4 py-16 text-center">
      <p className="text-base font-medium">{title}</p>
      <p className="max-w-md text-sm text-muted">{why}</p>
      {children ? <div className="mt-4 flex gap-2">{children}</div> : null}
    </div>
  );
}
