'use client';
import { useState } from 'react';
import Link from 'next/link';
import { useDeployment } from '#app/_features/deployment/use-deployment.ts';
import { useDenied } from '#app/_features/shell/org-context.tsx';
import { PageBody, Section } from '#app/_features/shell/page.tsx';
import { DatabaseSection } from '#app/_features/storage/database-section.tsx';
import { useStorage, useStorageActions } from '#app/_features/storage/use-storage.ts';
import { DeleteVolumeDialog, GrowDialog } from '#app/_features/storage/volume-dialogs.tsx';
import { VolumeRow } from '#app/_features/storage/volume-row.tsx';
import { Button } from '#app/ui/button.tsx';
import { Empty } from '#app/ui/empty.tsx';
import { Head, HeadCell, Table } from '#app/ui/table.tsx';
import type { VolumeView } from '#server/domain/views/storage.ts';

type Asked = { what: 'grow' | 'delete' | 'purge'; volume: VolumeView } | null;

export function StoragePage({ project, deployment: slug }: { project: string; deployment: string }) {
  const { deployment, base, org } = useDeployment(project, slug);
  const storage = useStorage(org, deployment.id);
  const actions = useStorageActions();
  const deniedGrow = useDenied('deployment.update');
  const deniedDelete = useDenied('deployment.delete');
  const [asked, setAsked] = useState<Asked>(null);
  const close = (): void => setAsked(null);
  if (storage.volumes.length === 0 && storage.databases.length === 0)
    return (
      <PageBody className="pt-4">
        <Empty
          title="No storage yet"
          why="What an instance writes is gone when it ends. A volume of a component outlives it, and a database has one from the start."
        >
          <Button asChild>
            <Link href={`${base}/components`}>Add a database or a volume</Link>
          </Button>
        </Empty>
      </PageBody>
    );
  return (
    <PageBody className="gap-8 pt-4">
      {storage.databases.map((database) => (
        <DatabaseSection
          key={database.component.id}
          database={database}
          storage={storage}
          deploymentId={deployment.id}
        />
      ))}
      <Section title="Volumes" note="one instance has a volume at a time">
        {storage.volumes.length === 0 ? (
          <p className="text-sm text-muted">They are made by the next release.</p>
        ) : (
          <Table>
            <Head>
              <HeadCell>Name</HeadCell>
              <HeadCell wideOnly>Component</HeadCell>
              <HeadCell wideOnly>Mounted at</HeadCell>
              <HeadCell>Used</HeadCell>
              <HeadCell>
                <span className="sr-only">Actions</span>
              </HeadCell>
            </Head>
            <tbody>
              {storage.volumes.map((volume) => (
                <VolumeRow
                  key={volume.id}
                  volume={volume}
                  deniedGrow={deniedGrow}
                  deniedDelete={deniedDelete}
                  onGrow={() => setAsked({ what: 'grow', volume })}
                  onDelete={() => setAsked({ what: 'delete', volume })}
                  onRestore={() => actions.restore.mutate({ org, volumeId: volume.id })}
                  onPurge={() => setAsked({ what: 'purge', volume })}
                />
              ))}
            </tbody>
          </Table>
        )}
      </Section>
      {asked?.what === 'grow' ? (
        <GrowDialog
          volume={asked.volume}
          error={actions.grow.error}
          isBusy={actions.grow.isPending}
          close={close}
          onGrow={(sizeGib) => actions.grow.mutate({ org, volumeId: asked.volume.id, sizeGib }, { onSuccess: close })}
        />
      ) : null}
      {asked?.what === 'delete' || asked?.what === 'purge' ? (
        <DeleteVolumeDialog
          volume={asked.volume}
          isForGood={asked.what === 'purge'}
          error={asked.what === 'purge' ? actions.purge.error : actions.remove.error}
          isBusy={actions.purge.isPending || actions.remove.isPending}
          close={close}
          onDelete={(typedName) =>
            (asked.what === 'purge' ? actions.purge : actions.remove).mutate(
              { org, volumeId: asked.volume.id, typedName },
              { onSuccess: close },
            )
          }
        />
      ) : null}
    </PageBody>
  );
}
