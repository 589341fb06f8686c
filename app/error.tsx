'use client';
import { ErrorPage } from '#app/ui/problem.tsx';

export default function RootError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return <ErrorPage error={error} retry={reset} />;
}
