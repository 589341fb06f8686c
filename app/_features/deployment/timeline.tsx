'use client';
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useState } from 'react';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { timelineInput } from '#app/_features/deployment/timeline-query.ts';
import { timelineLines } from '#app/_features/deployment/timeline-view.ts';
import { useOrg } from '#app/_features/shell/org-context.tsx';
import { Button } from '#app/ui/button.tsx';
import { StatusShape } from '#app/ui/status.tsx';
import { Ago } from '#app/ui/time.tsx';
import type { TimelineEntry } from '#server/domain/views/releases.ts';

/** What happened, newest first. New lines fade in at the top. */
export function Timeline({ deploymentId, base }: { deploymentId: string; base: string }) {
  const trpc = useTRPC();
  const { slug: org } = useOrg();
  const { data } = useSuspenseQuery(trpc.deployments.timeline.queryOptions(timelineInput(org, deploymentId)));
  if (data.items.length === 0) return <p className="border-t py-2 text-sm text-muted">Nothing happened yet.</p>;
  return (
    <div className="border-t">
      <Lines entries={data.items} base={base} />
      {data.nextCursor ? <Earlier cursor={data.nextCursor} deploymentId={deploymentId} base={base} /> : null}
    </div>
  );
}

function Lines({ entries, base }: { entries: readonly TimelineEntry[]; base: string }) {
  return (
    <ol>
      {timelineLines(entries).map((line) => (
        <li key={line.seq} className="flex min-h-9 animate-appear items-center gap-2.5 border-b py-1.5 text-sm">
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
  );
}

/** The page before, when it is asked for; each page has the next one's button. */
function Earlier({ cursor, deploymentId, base }: { cursor: string; deploymentId: string; base: string }) {
  const trpc = useTRPC();
  const { slug: org } = useOrg();
  const [isWanted, setWanted] = useState(false);
  const page = useQuery({
    ...trpc.deployments.timeline.queryOptions({ ...timelineInput(org, deploymentId), cursor }),
    enabled: isWanted,
  });
  if (page.data) {
    return (
      <>
        <Lines entries={page.data.items} base={base} />
        {page.data.nextCursor ? (
          <Earlier cursor={page.data.nextCursor} deploymentId={deploymentId} base={base} />
        ) : null}
      </>
    );
  }
  return (
    <Button look="quiet" size="small" className="mt-2 -ml-2" aria-disabled={isWanted} onClick={() => setWanted(true)}>
      Earlier
    </Button>
  );
}
