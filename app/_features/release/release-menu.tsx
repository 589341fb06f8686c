'use client';
import { ArrowUpFromLine, Ban, Ellipsis, PencilLine, ScrollText, Tag, Undo2 } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { EditReleaseDialog } from '#app/_features/release/edit-release-dialog.tsx';
import { RollbackDialog } from '#app/_features/release/rollback-dialog.tsx';
import { useAbort } from '#app/_features/release/use-abort.ts';
import { PromoteDialog } from '#app/_features/release/promote-dialog.tsx';
import { TagReleaseDialog } from '#app/_features/release/tag-release-dialog.tsx';
import { releaseTitle, tagRefusal } from '#app/_features/release/view.ts';
import { useDenied } from '#app/_features/shell/org-context.tsx';
import { Button } from '#app/ui/button.tsx';
import { Menu, MenuContent, MenuItem, MenuLine, MenuTrigger } from '#app/ui/menu.tsx';
import type { ReleaseTableRow } from '#server/domain/views/releases.ts';

interface Props {
  row: ReleaseTableRow;
  /** Address of the deployment's pages: `/<org>/<project>/<deployment>`. */
  base: string;
  /** On the release's own page its log is there already. */
  onOwnPage?: boolean;
}

/** What can be done with a release; what cannot is shown with the reason. */
export function ReleaseMenu({ row, base, onOwnPage = false }: Props) {
  const router = useRouter();
  const abort = useAbort(row);
  const deniedCreate = useDenied('release.create');
  const deniedUpdate = useDenied('deployment.update');
  const [dialog, setDialog] = useState<'rollback' | 'edit' | 'tag' | 'promote' | null>(null);
  const close = (isOpen: boolean): void => setDialog(isOpen ? dialog : null);
  const { number } = row;
  const [, , project = ''] = base.split('/');
  return (
    <>
      <Menu>
        <MenuTrigger asChild>
          <Button
            look={onOwnPage ? 'secondary' : 'quiet'}
            size="icon"
            aria-label={`Actions of ${releaseTitle(row)}`}
            className={onOwnPage ? '' : '-my-1'}
          >
            <Ellipsis />
          </Button>
        </MenuTrigger>
        <MenuContent className="w-72">
          {number === null ? null : (
            <>
              <MenuItem
                icon={<Undo2 />}
                disabledReason={deniedCreate ?? row.rollbackRefusal}
                note="Its images, settings and variables again; no build"
                onSelect={() => setDialog('rollback')}
              >
                Roll back
              </MenuItem>
              <MenuItem
                icon={<PencilLine />}
                disabledReason={deniedUpdate}
                note="Loads its settings into the draft; nothing runs yet"
                onSelect={() => setDialog('edit')}
              >
                Edit release
              </MenuItem>
              <MenuItem
                icon={<Tag />}
                disabledReason={deniedCreate ?? tagRefusal(row)}
                note="A name for its commits, which other deployments can deploy"
                onSelect={() => setDialog('tag')}
              >
                Tag…
              </MenuItem>
              <MenuItem
                icon={<ArrowUpFromLine />}
                disabledReason={deniedCreate ?? (row.outcome === 'live' ? null : 'Only what is or was live')}
                note="The same images in another deployment, with its settings; no build"
                onSelect={() => setDialog('promote')}
              >
                Promote…
              </MenuItem>
            </>
          )}
          {onOwnPage ? null : (
            <MenuItem
              icon={<ScrollText />}
              onSelect={() => router.push(`${base}/releases/${String(number ?? row.id)}`)}
            >
              View log
            </MenuItem>
          )}
          <MenuLine />
          <MenuItem
            icon={<Ban />}
            danger={row.canAbort}
            disabledReason={
              abort.denied ??
              (row.canAbort ? (abort.isBusy ? 'Aborting' : null) : 'It is over: there is nothing to stop')
            }
            note="Stops and undoes what was started"
            onSelect={abort.run}
          >
            Abort
          </MenuItem>
        </MenuContent>
      </Menu>
      {number !== null && dialog === 'rollback' ? (
        <RollbackDialog releaseId={row.id} number={number} base={base} open onOpenChange={close} />
      ) : null}
      {number !== null && dialog === 'edit' ? (
        <EditReleaseDialog releaseId={row.id} number={number} base={base} open onOpenChange={close} />
      ) : null}
      {number !== null && dialog === 'tag' ? (
        <TagReleaseDialog releaseId={row.id} number={number} project={project} onClose={() => close(false)} />
      ) : null}
      {number !== null && dialog === 'promote' ? (
        <PromoteDialog
          releaseId={row.id}
          number={number}
          deploymentId={row.deploymentId}
          project={project}
          onClose={() => close(false)}
        />
      ) : null}
    </>
  );
}
