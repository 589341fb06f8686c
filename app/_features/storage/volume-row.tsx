'use client';
import { Ellipsis, Maximize2, RotateCcw, Trash2 } from 'lucide-react';
import { deleteProblem, fullness, fullnessTone, usageWords } from '#app/_features/storage/view.ts';
import { Button } from '#app/ui/button.tsx';
import { cn } from '#app/ui/cn.ts';
import { Copyable } from '#app/ui/copyable.tsx';
import { Menu, MenuContent, MenuItem, MenuTrigger } from '#app/ui/menu.tsx';
import { Status } from '#app/ui/status.tsx';
import { Cell, Row } from '#app/ui/table.tsx';
import { exactWords } from '#app/ui/time-words.ts';
import type { VolumeView } from '#server/domain/views/storage.ts';

interface Props {
  volume: VolumeView;
  deniedGrow: string | null;
  deniedDelete: string | null;
  onGrow: () => void;
  onDelete: () => void;
  onRestore: () => void;
  onPurge: () => void;
}

export function VolumeRow({ volume, deniedGrow, deniedDelete, onGrow, onDelete, onRestore, onPurge }: Props) {
  const isTrashed = volume.state === 'trashed';
  return (
    <Row>
      <Cell className="font-medium">
        {volume.name}
        <span className="block text-xs font-normal text-muted sm:hidden">{volume.component.name}</span>
      </Cell>
      <Cell wideOnly className="text-muted">
        {volume.component.name}
      </Cell>
      <Cell wideOnly>
        <Copyable value={volume.path} what="path" className="mono" />
      </Cell>
      <Cell className="min-w-40">
        {isTrashed && volume.restorableUntil ? (
          <span className="text-muted">In the trash until {exactWords(volume.restorableUntil)}</span>
        ) : (
          <Fill volume={volume} />
        )}
      </Cell>
      <Cell className="w-0 pl-1">
        <Menu>
          <MenuTrigger asChild>
            <Button look="quiet" size="icon" aria-label={`Actions of ${volume.name}`} className="-my-1">
              <Ellipsis />
            </Button>
          </MenuTrigger>
          <MenuContent>
            {isTrashed ? (
              <>
                <MenuItem icon={<RotateCcw />} disabledReason={deniedDelete} onSelect={onRestore}>
                  Restore
                </MenuItem>
                <MenuItem
                  icon={<Trash2 />}
                  danger
                  disabledReason={deniedDelete}
                  note="Frees the disk"
                  onSelect={onPurge}
                >
                  Delete now
                </MenuItem>
              </>
            ) : (
              <>
                <MenuItem icon={<Maximize2 />} disabledReason={deniedGrow} note="It never shrinks" onSelect={onGrow}>
                  Grow
                </MenuItem>
                <MenuItem
                  icon={<Trash2 />}
                  danger
                  disabledReason={deniedDelete ?? deleteProblem(volume)}
                  note="Can be restored for 48 hours"
                  onSelect={onDelete}
                >
                  Delete
                </MenuItem>
              </>
            )}
          </MenuContent>
        </Menu>
      </Cell>
    </Row>
  );
}

const bar = { green: 'bg-accent-text', yellow: 'bg-yellow', red: 'bg-red' } as const;

/** Words first; the bar is colour on top of them. */
function Fill({ volume }: { volume: VolumeView }) {
  const full = fullness(volume);
  const tone = fullnessTone(volume);
  const words = usageWords(volume);
  const colour = tone === 'red' || tone === 'yellow' ? bar[tone] : bar.green;
  return (
    <span className="flex flex-col gap-1 py-1.5">
      <span className="flex items-center gap-2 text-muted">
        {tone === 'yellow' || tone === 'red' ? <Status tone={tone}>{words}</Status> : words}
        {volume.growsAtStart ? <span className="text-xs">grows at the next start</span> : null}
      </span>
      {full === null || volume.isEnforced === false ? null : (
        <span aria-hidden className="h-1 w-full max-w-64 overflow-hidden rounded-full bg-hover">
          <span className={cn('block h-full', colour)} style={{ width: `${Math.max(1, full * 100)}%` }} />
        </span>
      )}
    </span>
  );
}
