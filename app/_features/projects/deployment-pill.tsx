import Link from 'next/link';
import { stateWords } from '#app/_features/release/view.ts';
import { summaryTone } from '#app/_features/status/view.ts';
import { StatusShape } from '#app/ui/status.tsx';
import type { DeploymentSummary } from '#server/domain/views/projects.ts';

/** A deployment in a list: its status shape, its name, and what works on it now. */
export function DeploymentPill({ deployment, href }: { deployment: DeploymentSummary; href: string }) {
  return (
    <Link
      href={href}
      title={deployment.status.sentence}
      className="inline-flex h-7 max-w-56 items-center gap-1.5 rounded-full border bg-surface pr-2.5 pl-2 text-xs transition-colors hover:border-edge hover:bg-hover"
    >
      <StatusShape tone={summaryTone(deployment.status, deployment.active)} label className="size-3.5" />
      <span className="truncate">{deployment.name}</span>
      {deployment.active ? (
        <span className="text-accent-text">{stateWords[deployment.active.state].word.toLowerCase()}</span>
      ) : deployment.liveNumber === null ? null : (
        <span className="tabular text-muted">{deployment.liveNumber}</span>
      )}
    </Link>
  );
}
