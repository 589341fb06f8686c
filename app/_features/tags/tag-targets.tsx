'use client';
import { useQuery } from '@tanstack/react-query';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { codeSummary } from '#app/_features/deployment/code-view.ts';
import { targetNote } from '#app/_features/tags/view.ts';
import { useOrg } from '#app/_features/shell/org-context.tsx';
import { sentenceOf } from '#app/_features/shell/problem.ts';
import { summaryTone } from '#app/_features/status/view.ts';
import { StatusShape } from '#app/ui/status.tsx';
import type { DeploymentSummary } from '#server/domain/views/projects.ts';

interface Props {
  deployments: readonly DeploymentSummary[];
  chosen: ReadonlySet<string>;
  /** What would ship; null when that is not known yet. */
  tagId: string | null;
  legend: string;
  onChange: (chosen: ReadonlySet<string>) => void;
}

/** Which deployments get it; a chosen one says what it would bring there. */
export function TagTargets({ deployments, chosen, tagId, legend, onChange }: Props) {
  const toggle = (id: string): void => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    onChange(next);
  };
  return (
    <fieldset className="min-w-0">
      <legend className="pb-1.5 text-xs font-medium">{legend}</legend>
      <ul className="divide-y border-y">
        {deployments.map((deployment) => (
          <li key={deployment.id} className="flex flex-col gap-1 py-2">
            <label className="flex min-h-6 items-center gap-2.5 text-sm">
              <input
                type="checkbox"
                className="size-3.5 shrink-0"
                checked={chosen.has(deployment.id)}
                onChange={() => toggle(deployment.id)}
              />
              <StatusShape tone={summaryTone(deployment.status, deployment.active)} />
              <span className="min-w-0 flex-1 truncate font-medium">{deployment.name}</span>
              <span className="shrink-0 text-muted">
                {deployment.liveNumber === null
                  ? 'not deployed yet'
                  : `release ${String(deployment.liveNumber)} is live`}
              </span>
            </label>
            {tagId !== null && chosen.has(deployment.id) ? (
              <TargetPreview deploymentId={deployment.id} tagId={tagId} />
            ) : null}
          </li>
        ))}
      </ul>
    </fieldset>
  );
}

function TargetPreview({ deploymentId, tagId }: { deploymentId: string; tagId: string }) {
  const trpc = useTRPC();
  const { slug: org } = useOrg();
  const preview = useQuery({
    ...trpc.releases.preview.queryOptions({ org, deploymentId, kind: 'deploy', tagId }),
    retry: false,
  });
  const className = 'pl-6 text-xs text-pretty';
  if (preview.error) return <p className={`${className} text-red-text`}>{sentenceOf(preview.error)}</p>;
  if (!preview.data) return <p className={`${className} text-muted`}>Looking at what it would change</p>;
  const note = targetNote(preview.data);
  return (
    <p className={`${className} text-muted`}>
      {codeSummary(preview.data.code)}. {note}
    </p>
  );
}
