'use client';
import { ChevronDown, GitCommitHorizontal, ListChecks, RotateCw, Settings2, SkipForward, Tag } from 'lucide-react';
import { useCallback, useState } from 'react';
import { DiffDialog } from '#app/_features/deployment/diff-dialog.tsx';
import { useDiffRequests } from '#app/_features/deployment/diff-request.ts';
import { OperationDialog } from '#app/_features/deployment/operation-dialog.tsx';
import { useDeploy } from '#app/_features/deployment/use-deploy.ts';
import { deployChoices } from '#app/_features/deployment/view.ts';
import { Button } from '#app/ui/button.tsx';
import { useCommands } from '#app/ui/commands.tsx';
import { Menu, MenuContent, MenuItem, MenuLine, MenuTrigger } from '#app/ui/menu.tsx';
import { Tooltip } from '#app/ui/tooltip.tsx';
import { countWords } from '#app/ui/time-words.ts';
import type { DeploymentView } from '#server/domain/views/releases.ts';

/** The one primary action: deploys newest code with the draft; the arrow has the other ways, each saying what it will do. */
export function DeployButton({ deployment }: { deployment: DeploymentView }) {
  const deploy = useDeploy(deployment);
  const [isDiffOpen, setDiffOpen] = useState(false);
  const [isRestartOpen, setRestartOpen] = useState(false);
  const [notice, setNotice] = useState<string | null>(null);
  const [isTagging, setTagging] = useState(false);
  const showDiff = useCallback((why: string | null) => {
    setNotice(why);
    setTagging(false);
    setDiffOpen(true);
  }, []);
  const showTagging = (): void => {
    setNotice(null);
    setTagging(true);
    setDiffOpen(true);
  };
  useDiffRequests(deployment.id, showDiff);
  const choices = deployChoices(deployment);
  const reason = deploy.denied ?? choices.deploy.reason;
  useCommands([
    {
      id: 'deploy',
      title: `Deploy ${deployment.project.name} / ${deployment.name}`,
      group: 'Actions',
      keys: 'd',
      disabledReason: reason,
      // One stray key must not deploy: it shows what would change, and Enter deploys.
      run: () => showDiff(null),
    },
    {
      id: 'tag-and-deploy',
      title: `Tag and deploy ${deployment.name}`,
      group: 'Actions',
      disabledReason: reason,
      run: showTagging,
    },
  ]);
  return (
    <div className="flex">
      <Tooltip label={reason ?? choices.deploy.note} keys="d" side="bottom">
        <Button
          look="primary"
          className="rounded-r-none"
          aria-disabled={Boolean(reason) || deploy.isBusy}
          onClick={() => !reason && deploy.run('deploy')}
        >
          {deploy.isBusy ? 'Requesting' : 'Deploy'}
        </Button>
      </Tooltip>
      <Menu>
        <MenuTrigger asChild>
          <Button
            look="primary"
            className="rounded-l-none border-l border-on-accent/25 px-1.5"
            aria-label="More ways to deploy"
          >
            <ChevronDown />
          </Button>
        </MenuTrigger>
        <MenuContent className="w-80">
          <MenuItem
            icon={<GitCommitHorizontal />}
            note={choices.deploy.note}
            disabledReason={reason}
            onSelect={() => deploy.run('deploy')}
          >
            Newest code
          </MenuItem>
          <MenuItem
            icon={<Settings2 />}
            note={choices.configuration.note}
            disabledReason={deploy.denied ?? choices.configuration.reason}
            onSelect={() => deploy.run('configuration')}
          >
            Configuration only
          </MenuItem>
          <MenuItem
            icon={<Tag />}
            note="Names these commits, so that other deployments can deploy the same"
            disabledReason={reason}
            onSelect={showTagging}
          >
            Tag and deploy…
          </MenuItem>
          {deployment.pendingChanges > 0 ? (
            <MenuItem
              icon={<SkipForward />}
              note={choices.trigger.note}
              disabledReason={deploy.denied ?? choices.trigger.reason}
              onSelect={() => deploy.run('trigger')}
            >
              Newest code without the changes
            </MenuItem>
          ) : null}
          <MenuItem
            icon={<RotateCw />}
            note={choices.restart.note}
            disabledReason={deploy.denied ?? choices.restart.reason}
            onSelect={() => setRestartOpen(true)}
          >
            Restart
          </MenuItem>
          <MenuLine />
          <MenuItem
            icon={<ListChecks />}
            note={
              deployment.pendingChanges > 0
                ? `${countWords(deployment.pendingChanges, 'change')} not live yet`
                : 'Nothing differs from live'
            }
            onSelect={() => showDiff(null)}
          >
            Show what changes
          </MenuItem>
        </MenuContent>
      </Menu>
      {isRestartOpen ? (
        <OperationDialog deployment={deployment} kind="restart" onClose={() => setRestartOpen(false)} />
      ) : null}
      <DiffDialog
        deployment={deployment}
        open={isDiffOpen}
        onOpenChange={setDiffOpen}
        notice={notice}
        tagging={isTagging}
      />
    </div>
  );
}
