'use client';
import { CirclePause, CirclePlay, Ellipsis, Gauge, RotateCw } from 'lucide-react';
import { useState } from 'react';
import { type Operation, OperationDialog } from '#app/_features/deployment/operation-dialog.tsx';
import { operationReasons } from '#app/_features/deployment/view.ts';
import { useDenied } from '#app/_features/shell/org-context.tsx';
import { Button } from '#app/ui/button.tsx';
import { useCommands } from '#app/ui/commands.tsx';
import { Menu, MenuContent, MenuItem, MenuLine, MenuTrigger } from '#app/ui/menu.tsx';
import type { DeploymentView } from '#server/domain/views/releases.ts';

/** What can be done with the instances of a deployment without a new release. Each opens what it will do. */
export function PowerMenu({ deployment }: { deployment: DeploymentView }) {
  const denied = useDenied('deployment.operate');
  const [open, setOpen] = useState<Operation | null>(null);
  const reasons = operationReasons(deployment);
  const isSuspended = deployment.power === 'suspended';
  const reason = (kind: Operation): string | null => denied ?? reasons[kind];
  const offered: readonly Operation[] = isSuspended ? ['resume'] : ['restart', 'scale', 'suspend'];
  useCommands(
    offered.map((kind) => ({
      id: `operation-${kind}`,
      title: `${kind.charAt(0).toUpperCase()}${kind.slice(1)} ${deployment.name}`,
      group: 'Actions' as const,
      disabledReason: reason(kind),
      run: () => setOpen(kind),
    })),
  );
  return (
    <>
      {isSuspended ? (
        <Button
          look="primary"
          aria-disabled={Boolean(reason('resume'))}
          title={reason('resume') ?? undefined}
          onClick={() => !reason('resume') && setOpen('resume')}
        >
          <CirclePlay /> Resume
        </Button>
      ) : (
        <Menu>
          <MenuTrigger asChild>
            <Button size="icon" className="size-8" aria-label={`Operate ${deployment.name}`}>
              <Ellipsis />
            </Button>
          </MenuTrigger>
          <MenuContent className="w-72">
            <MenuItem
              icon={<RotateCw />}
              disabledReason={reason('restart')}
              note="New instances beside the old ones; no build"
              onSelect={() => setOpen('restart')}
            >
              Restart
            </MenuItem>
            <MenuItem
              icon={<Gauge />}
              disabledReason={reason('scale')}
              note="Instances and their size, at once"
              onSelect={() => setOpen('scale')}
            >
              Scale
            </MenuItem>
            <MenuLine />
            <MenuItem
              icon={<CirclePause />}
              disabledReason={reason('suspend')}
              note="Stops every instance; nothing is lost"
              onSelect={() => setOpen('suspend')}
            >
              Suspend
            </MenuItem>
          </MenuContent>
        </Menu>
      )}
      {open ? <OperationDialog key={open} deployment={deployment} kind={open} onClose={() => setOpen(null)} /> : null}
    </>
  );
}
