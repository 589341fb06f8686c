'use client';
import { useMutation, useSuspenseQuery } from '@tanstack/react-query';
import { Download, Plus } from 'lucide-react';
import { useState } from 'react';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { SshKeyDialog, type AddingKeys } from '#app/_features/settings/ssh-key-dialog.tsx';
import { useRefresh } from '#app/_features/settings/use-refresh.ts';
import { keyKind } from '#app/_features/settings/view.ts';
import { PageBody, Section } from '#app/_features/shell/page.tsx';
import { Button } from '#app/ui/button.tsx';
import { Copyable } from '#app/ui/copyable.tsx';
import { Empty } from '#app/ui/empty.tsx';
import { Cell, Head, HeadCell, Row, Table } from '#app/ui/table.tsx';
import { Ago } from '#app/ui/time.tsx';

/** The person's public keys: what opens sessions and lets them push. */
export function SshKeysPage() {
  const trpc = useTRPC();
  const refresh = useRefresh('account');
  const { data: keys } = useSuspenseQuery(trpc.account.sshKeys.queryOptions());
  const remove = useMutation(trpc.account.removeSshKey.mutationOptions(refresh));
  const [adding, setAdding] = useState<AddingKeys | null>(null);
  const buttons = (
    <div className="flex gap-2">
      <Button onClick={() => setAdding('import')}>
        <Download /> Import
      </Button>
      <Button look="primary" onClick={() => setAdding('paste')}>
        <Plus /> Add key
      </Button>
    </div>
  );
  return (
    <PageBody className="max-w-4xl pt-4">
      {keys.length === 0 ? (
        <Empty
          title="No SSH keys"
          why="A public key opens a shell in your deployments, copies files, and lets you push. Yours is usually ~/.ssh/id_ed25519.pub."
        >
          {buttons}
        </Empty>
      ) : (
        <Section title="SSH keys" note="yours, in every organization" actions={buttons}>
          <Table>
            <Head>
              <HeadCell>Name</HeadCell>
              <HeadCell wideOnly>Kind</HeadCell>
              <HeadCell>Fingerprint</HeadCell>
              <HeadCell wideOnly className="text-right">
                Added
              </HeadCell>
              <HeadCell className="text-right">Last used</HeadCell>
              <HeadCell>
                <span className="sr-only">Actions</span>
              </HeadCell>
            </Head>
            <tbody>
              {keys.map((key) => (
                <Row key={key.id}>
                  <Cell>{key.name}</Cell>
                  <Cell wideOnly className="text-muted">
                    {keyKind(key.algorithm)}
                  </Cell>
                  <Cell>
                    <Copyable value={key.fingerprint} what="fingerprint">
                      {key.fingerprint.slice(0, 17)}…
                    </Copyable>
                  </Cell>
                  <Cell wideOnly className="text-right text-muted">
                    <Ago at={key.createdAt} />
                  </Cell>
                  <Cell
                    className="text-right text-muted"
                    title={key.lastUsedFrom ? `from ${key.lastUsedFrom}` : undefined}
                  >
                    {key.lastUsedAt ? <Ago at={key.lastUsedAt} /> : 'never'}
                  </Cell>
                  <Cell className="w-0">
                    <Button
                      look="quiet"
                      size="small"
                      className="-my-1"
                      aria-label={`Remove ${key.name}`}
                      title="Sessions with this key end within seconds"
                      aria-disabled={remove.isPending}
                      onClick={() => remove.mutate({ id: key.id })}
                    >
                      Remove
                    </Button>
                  </Cell>
                </Row>
              ))}
            </tbody>
          </Table>
        </Section>
      )}
      <SshKeyDialog adding={adding} onClose={() => setAdding(null)} />
    </PageBody>
  );
}
