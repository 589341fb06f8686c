'use client';
import { DatabaseBackup, History, Timer } from 'lucide-react';
import { useState } from 'react';
import { useDenied, useOrg } from '#app/_features/shell/org-context.tsx';
import { Section } from '#app/_features/shell/page.tsx';
import { RestoreDialog, ScheduleDialog } from '#app/_features/storage/database-dialogs.tsx';
import { useStorageActions } from '#app/_features/storage/use-storage.ts';
import { jobTone, jobWords, scheduleWords } from '#app/_features/storage/view.ts';
import { Button } from '#app/ui/button.tsx';
import { Copyable } from '#app/ui/copyable.tsx';
import { Status } from '#app/ui/status.tsx';
import { Ago } from '#app/ui/time.tsx';
import type { DatabaseView, StorageView } from '#server/domain/views/storage.ts';

interface Props {
  database: DatabaseView;
  storage: StorageView;
  deploymentId: string;
}

/** What a database is, what the others get of it, and what was done with its data. */
export function DatabaseSection({ database, storage, deploymentId }: Props) {
  const { component, title, version, offers, console: command } = database;
  const { slug: org } = useOrg();
  const actions = useStorageActions();
  const deniedDump = useDenied('deployment.operate');
  const deniedRestore = useDenied('deployment.delete');
  const deniedSchedule = useDenied('deployment.update');
  const [asked, setAsked] = useState<'restore' | 'schedule' | null>(null);
  const close = (): void => setAsked(null);
  const place = { org, deploymentId, componentId: component.id };
  const dumps = storage.restorable.filter((one) => one.engine === database.engine);
  const nothing = dumps.length === 0 ? `There is no dump of ${title} in this project yet` : null;
  const facts: [string, React.ReactNode][] = [
    ['Reachable as', <Copyable key="host" value={component.name} what="host name" className="mono" />],
    ['Variables', <span key="variables" className="mono text-pretty whitespace-normal">{offers.join(', ')}</span>],
    ['Console', <Copyable key="console" value={command} what="command" className="mono" />],
    ['Dumps', scheduleWords(database.schedule)],
  ]; // prettier-ignore
  return (
    <Section
      title={component.name}
      note={`${title} ${version}, inside this deployment only`}
      actions={
        <span className="flex flex-wrap gap-2">
          <Act
            icon={<DatabaseBackup />}
            denied={deniedDump}
            isBusy={actions.dump.isPending}
            onClick={() => actions.dump.mutate(place)}
          >
            Dump now
          </Act>
          <Act icon={<Timer />} denied={deniedSchedule} onClick={() => setAsked('schedule')}>
            Schedule
          </Act>
          <Act icon={<History />} denied={deniedRestore ?? nothing} onClick={() => setAsked('restore')}>
            Restore
          </Act>
        </span>
      }
    >
      <dl className="divide-y border-y text-sm">
        {facts.map(([label, value]) => (
          <div key={label} className="grid min-h-9 grid-cols-[110px_minmax(0,1fr)] items-center gap-4 py-1.5">
            <dt className="text-muted">{label}</dt>
            <dd className="min-w-0 truncate">{value}</dd>
          </div>
        ))}
      </dl>
      {database.jobs.length === 0 ? null : (
        <ul aria-label={`Dumps and restores of ${component.name}`} className="divide-y border-b text-sm">
          {database.jobs.slice(0, 8).map((job) => (
            <li key={job.id} className="flex min-h-9 flex-wrap items-center justify-between gap-x-4 py-1.5">
              <Status tone={jobTone[job.state]}>{jobWords(job)}</Status>
              <span className="flex items-center gap-4 text-xs text-muted">
                {job.checksum === null ? null : (
                  <Copyable value={job.checksum} what="SHA-256" className="mono max-w-28 truncate" />
                )}
                <Ago at={job.endedAt ?? job.createdAt} />
              </span>
            </li>
          ))}
        </ul>
      )}
      {asked === 'restore' ? (
        <RestoreDialog
          database={database}
          dumps={dumps}
          error={actions.restoreDump.error}
          isBusy={actions.restoreDump.isPending}
          close={close}
          onRestore={(dumpId, typedName) =>
            actions.restoreDump.mutate({ ...place, dumpId, typedName }, { onSuccess: close })
          }
        />
      ) : null}
      {asked === 'schedule' ? (
        <ScheduleDialog
          database={database}
          error={actions.schedule.error}
          isBusy={actions.schedule.isPending}
          close={close}
          onSave={(everyHours, keep) => actions.schedule.mutate({ ...place, everyHours, keep }, { onSuccess: close })}
        />
      ) : null}
    </Section>
  );
}

function Act({
  icon,
  denied,
  isBusy = false,
  onClick,
  children,
}: {
  icon: React.ReactNode;
  denied: string | null;
  isBusy?: boolean;
  onClick: () => void;
  children: React.ReactNode;
}) {
  const isOff = denied !== null || isBusy;
  return (
    <Button size="small" aria-disabled={isOff} title={denied ?? undefined} onClick={() => !isOff && onClick()}>
      {icon} {children}
    </Button>
  );
}
