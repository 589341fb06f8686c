'use client';
import { useSuspenseInfiniteQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { timelineLines } from '#app/_features/deployment/timeline-view.ts';
import { timelineQuery } from '#app/_features/deployment/timeline-query.ts';
import { useOrg } from '#app/_features/shell/org-context.tsx';
import { Button } from '#app/ui/button.tsx';
import { StatusShape } from '#app/ui/status.tsx';
import { Ago } from '#app/ui/time.tsx';

/** What happened, newest first. New lines fade in at the top. */
export function Timeline({ deploymentId, base }: { deploymentId: string; base: string }) {
  const trpc = useTRPC();
  const { slug: org } = useOrg();
  const query = useSuspenseInfiniteQuery(
    trpc.deployments.timeline.infiniteQueryOptions(...timelineQuery(org, deploymentId)),
  );
  const lines = timelineLines(query.data.pages.flatMap((page) => page.items));
  if (lines.length === 0) return <p className="border-t py-2 text-sm text-muted">Nothing happened yet.</p>;
  return (
    <>
      <ol className="divide-y border-y">
        {lines.map((line) => (
          <li key={line.seq} className="flex min-h-9 animate-appear items-center gap-2.5 py-1.5 text-sm">
            <StatusShape tone={line.tone} className="size-3.5" />
            <span className="min-w-0 flex-1 text-pretty">
              {line.href === null ? (
                line.text
              ) : (
                <Link href={`${base}${line.href}`} className="hover:underline">
                  {line.text}
                </Link>
              )}
            </span>
            <span className="shrink-0 text-xs text-muted">
              {line.actor ? `${line.actor}, ` : ''}
              <Ago at={line.at} className="tabular" />
            </span>
          </li>
        ))}
      </ol>
      {query.hasNextPage ? (
        <Button
          look="quiet"
          size="small"
          className="mt-2 -ml-2"
          aria-disabled={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          Earlier
        </Button>
      ) : null}
    </>
  );
}
