'use client';
import { useState } from 'react';
import { DiffDialog } from '#app/_features/deployment/diff-dialog.tsx';
import { Button } from '#app/ui/button.tsx';
import { StatusShape } from '#app/ui/status.tsx';
import { countWords } from '#app/ui/time-words.ts';
import type { DeploymentView } from '#server/domain/views/releases.ts';

/** What was edited and is not live yet, with the way to see and deploy it. Says nothing before the first release. */
export function PendingChanges({ deployment }: { deployment: DeploymentView }) {
  const [isOpen, setOpen] = useState(false);
  const { pendingChanges: count } = deployment;
  if (count === 0 || deployment.liveNumber === null) return null;
  return (
    <div className="flex min-h-9 items-center gap-2 border-b bg-accent-fill px-4 text-sm sm:px-6">
      <StatusShape tone="waiting" className="text-accent-text" />
      <span className="min-w-0 flex-1 truncate">
        {countWords(count, 'change')} {count === 1 ? 'is' : 'are'} not live yet
      </span>
      <Button
        look="quiet"
        size="small"
        className="-mr-2 text-accent-text hover:text-accent-text"
        onClick={() => setOpen(true)}
      >
        Show and deploy
      </Button>
      <DiffDialog deployment={deployment} open={isOpen} onOpenChange={setOpen} />
    </div>
  );
}
