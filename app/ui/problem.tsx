'use client';
import { Button } from '#app/ui/button.tsx';
import { Copyable } from '#app/ui/copyable.tsx';
import { StatusShape } from '#app/ui/status.tsx';

interface Props {
  /** What happened. */
  title: string;
  /** What is safe, and what to do. */
  children: React.ReactNode;
  /** To search for. */
  code?: string | undefined;
  actions?: React.ReactNode;
}

/** A page that could not be shown: what happened, what is safe, what to do, a code. */
export function Problem({ title, children, code, actions }: Props) {
  return (
    <div className="mx-auto flex min-h-[70dvh] w-full max-w-md flex-col justify-center gap-2 px-4 py-16">
      <StatusShape tone="grey" className="size-5" />
      <h1 className="text-xl font-semibold">{title}</h1>
      <p className="text-pretty text-muted">{children}</p>
      {code ? (
        <p className="text-xs text-muted">
          Code <Copyable value={code} what="code" />
        </p>
      ) : null}
      <div className="mt-4 flex gap-2">{actions}</div>
    </div>
  );
}

/** For `error.tsx` files: the server's message is hidden in production, its digest is in the server's log. */
export function ErrorPage({ error, retry }: { error: Error & { digest?: string }; retry: () => void }) {
  return (
    <Problem
      title="This page could not be shown"
      code={error.digest}
      actions={
        <Button look="primary" onClick={retry}>
          Try again
        </Button>
      }
    >
      Nothing was changed, and your applications keep serving. Try again; if it stays, the log of the web process has
      the code.
    </Problem>
  );
}
