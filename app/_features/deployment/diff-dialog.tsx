'use client';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { DiffList } from '#app/_features/deployment/diff-list.tsx';
import { useDeploy } from '#app/_features/deployment/use-deploy.ts';
import { deployChoices } from '#app/_features/deployment/view.ts';
import { useOrg } from '#app/_features/shell/org-context.tsx';
import { sentenceOf } from '#app/_features/shell/problem.ts';
import { Button } from '#app/ui/button.tsx';
import { Callout } from '#app/ui/callout.tsx';
import { Dialog } from '#app/ui/dialog.tsx';
import { SkeletonRows } from '#app/ui/skeleton.tsx';
import type { DeploymentView } from '#server/domain/views/releases.ts';

interface Props {
  deployment: DeploymentView;
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** Why it opened by itself. */
  notice?: string | null;
}

/** The draft and the variables against live, with the revision that Deploy will send. */
export function DiffDialog({ deployment, open, onOpenChange, notice = null }: Props) {
  const [conflict, setConflict] = useState<string | null>(null);
  const deploy = useDeploy(deployment, setConflict);
  const shownNotice = conflict ?? notice;
  const choices = deployChoices(deployment);
  return (
    <Dialog
      wide
      open={open}
      onOpenChange={(isOpen) => {
        setConflict(null);
        onOpenChange(isOpen);
      }}
      title="What the next release changes"
      description={
        deployment.liveNumber === null
          ? `${choices.deploy.note}. Nothing is live yet: everything is new.`
          : `${choices.deploy.note}. Compared with release ${String(deployment.liveNumber)}, which is live.`
      }
      footer={
        <>
          <Button
            aria-disabled={Boolean(choices.configuration.reason) || deploy.isBusy}
            title={choices.configuration.reason ?? choices.configuration.note}
            onClick={() => !choices.configuration.reason && deploy.run('configuration')}
          >
            Deploy configuration only
          </Button>
          <Button
            look="primary"
            data-autofocus
            aria-disabled={deploy.isBusy || Boolean(deploy.denied)}
            onClick={() => deploy.run('deploy')}
          >
            Deploy
          </Button>
        </>
      }
    >
      {shownNotice === null ? null : <Callout tone="yellow" role="alert" title={shownNotice} className="mb-4" />}
      <Changes deploymentId={deployment.id} />
    </Dialog>
  );
}

/** Read when the dialog opens. */
function Changes({ deploymentId }: { deploymentId: string }) {
  const trpc = useTRPC();
  const { slug } = useOrg();
  const diff = useQuery(trpc.drafts.diff.queryOptions({ org: slug, deploymentId }));
  if (diff.data) return <DiffList diff={diff.data} />;
  return diff.error ? <p className="text-sm text-red-text">{sentenceOf(diff.error)}</p> : <SkeletonRows rows={3} />;
}
