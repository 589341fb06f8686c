'use client';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { OffersNote } from '#app/_features/components/manifest-offers.tsx';
import { CodeList } from '#app/_features/deployment/code-list.tsx';
import { DiffList } from '#app/_features/deployment/diff-list.tsx';
import { useDeploy } from '#app/_features/deployment/use-deploy.ts';
import { deployChoices } from '#app/_features/deployment/view.ts';
import { useOrg } from '#app/_features/shell/org-context.tsx';
import { fieldError, sentenceOf } from '#app/_features/shell/problem.ts';
import { TagFields } from '#app/_features/tags/tag-fields.tsx';
import { Button } from '#app/ui/button.tsx';
import { Callout } from '#app/ui/callout.tsx';
import { Dialog } from '#app/ui/dialog.tsx';
import { Checkbox } from '#app/ui/field.tsx';
import { SkeletonRows } from '#app/ui/skeleton.tsx';
import type { DeploymentView, ReleasePreview } from '#server/domain/views/releases.ts';

interface Props {
  deployment: DeploymentView;
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** Why it opened by itself. */
  notice?: string | null;
  /** Opens with the fields of a tag. */
  tagging?: boolean;
}

/** The code, the draft and the variables against live, as they would ship; what is shown is what Deploy sends. */
export function DiffDialog({ open, onOpenChange, ...rest }: Props) {
  return <Opened key={String(open)} {...rest} open={open} onOpenChange={onOpenChange} />;
}

function Opened({ deployment, open, onOpenChange, notice = null, tagging = false }: Props) {
  const trpc = useTRPC();
  const { slug: org } = useOrg();
  const [conflict, setConflict] = useState<string | null>(null);
  const [isTagging, setTagging] = useState(tagging);
  const [typed, setTyped] = useState({ name: '', notes: '' });
  const deploy = useDeploy(deployment, setConflict);
  const preview = useQuery({
    ...trpc.releases.preview.queryOptions({ org, deploymentId: deployment.id, kind: 'deploy' }),
    enabled: open,
    staleTime: 0,
    retry: false,
  });
  const tags = useQuery({
    ...trpc.tags.list.queryOptions({ org, project: deployment.project.id }),
    enabled: open && isTagging,
  });
  const suggestion = tags.data?.nextName ?? 'v1';
  const choices = deployChoices(deployment);
  const shownNotice = conflict ?? notice;
  const shown = {
    draftRevision: preview.data?.draftRevision,
    commits: preview.data?.commits,
    tag: { name: typed.name.trim() || suggestion, notes: typed.notes },
  };
  // While the code is looked up, its commits are not shown yet: a tag must not freeze what nobody saw.
  const isBlocked = deploy.isBusy || Boolean(deploy.denied) || (isTagging && !preview.data);
  return (
    <Dialog
      wide
      open={open}
      onOpenChange={onOpenChange}
      title="What the next release changes"
      description={
        deployment.liveNumber === null
          ? 'Nothing is live yet: everything is new.'
          : `Compared with release ${String(deployment.liveNumber)}, which is live.`
      }
      footer={
        <>
          {isTagging ? null : (
            <Button
              aria-disabled={Boolean(choices.configuration.reason) || deploy.isBusy}
              title={choices.configuration.reason ?? choices.configuration.note}
              onClick={() => !choices.configuration.reason && deploy.run('configuration', shown)}
            >
              Deploy configuration only
            </Button>
          )}
          <Button
            look="primary"
            data-autofocus={!tagging || undefined}
            aria-disabled={isBlocked}
            onClick={() => !isBlocked && deploy.run(isTagging ? 'tag' : 'deploy', shown)}
          >
            {isTagging ? 'Tag and deploy' : 'Deploy'}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-5">
        {shownNotice === null ? null : <Callout tone="yellow" role="alert" title={shownNotice} />}
        <Code data={preview.data} error={preview.error} />
        <OffersNote
          offered={preview.data?.offered ?? []}
          base={`/${org}/${deployment.project.slug}/${deployment.slug}`}
        />
        <Changes deployment={deployment} shipped={preview.data} />
        <div className="flex flex-col gap-3 border-t pt-4">
          <Checkbox
            label="Tag these commits"
            hint="A name for exactly this code, which other deployments of the project can deploy too"
            checked={isTagging}
            onChange={(event) => setTagging(event.target.checked)}
          />
          {isTagging ? (
            <TagFields
              {...typed}
              suggestion={suggestion}
              isFirst={tagging}
              nameError={fieldError(deploy.tagError, 'name')}
              notesError={fieldError(deploy.tagError, 'notes')}
              onChange={(next) => setTyped({ ...typed, ...next })}
            />
          ) : null}
        </div>
      </div>
    </Dialog>
  );
}

interface Looked {
  data: ReleasePreview | undefined;
  error: Parameters<typeof sentenceOf>[0] | null;
}

/** Asks the repositories, which can take seconds. */
function Code({ data, error }: Looked) {
  if (error) return <Callout tone="yellow" title={sentenceOf(error)} />;
  if (!data) return <SkeletonRows rows={2} />;
  const { problem, code } = data;
  return (
    <>
      {problem ? (
        <Callout tone="red" role="alert" title={problem.message}>
          {problem.advice}
        </Callout>
      ) : null}
      <CodeList code={code} />
    </>
  );
}

/** As it would ship once that is known; what the draft says until then. */
function Changes({ deployment, shipped }: { deployment: DeploymentView; shipped: ReleasePreview | undefined }) {
  const trpc = useTRPC();
  const { slug } = useOrg();
  const diff = useQuery(trpc.drafts.diff.queryOptions({ org: slug, deploymentId: deployment.id }));
  if (shipped && !shipped.problem) {
    const { components, variables, draftRevision: revision, liveNumber } = shipped;
    return (
      <DiffList diff={{ revision, liveNumber, components, variables, count: components.length + variables.length }} />
    );
  }
  if (diff.data) return <DiffList diff={diff.data} />;
  return diff.error ? <p className="text-sm text-red-text">{sentenceOf(diff.error)}</p> : <SkeletonRows rows={3} />;
}
