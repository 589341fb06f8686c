'use client';
import { useMutation, useSuspenseQuery } from '@tanstack/react-query';
import { KeyRound, Plus } from 'lucide-react';
import { useState } from 'react';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { CredentialDialog } from '#app/_features/settings/credential-dialog.tsx';
import { useRefresh } from '#app/_features/settings/use-refresh.ts';
import { useDenied, useOrg } from '#app/_features/shell/org-context.tsx';
import { PageBody, Section } from '#app/_features/shell/page.tsx';
import { Button } from '#app/ui/button.tsx';
import { Copyable } from '#app/ui/copyable.tsx';
import { Empty } from '#app/ui/empty.tsx';
import { Cell, Head, HeadCell, Row, Table } from '#app/ui/table.tsx';
import { countWords } from '#app/ui/time-words.ts';
import { Ago } from '#app/ui/time.tsx';
import type { CredentialView } from '#server/domain/views/projects.ts';

/** Tokens and deploy keys for private repositories; write-only. */
export function CredentialsPage() {
  const trpc = useTRPC();
  const { slug: org } = useOrg();
  const denied = useDenied('credential.manage');
  const { data } = useSuspenseQuery(trpc.credentials.list.queryOptions({ org }));
  const [making, setMaking] = useState<'token' | 'deploy-key' | null>(null);
  const buttons = (
    <div className="flex gap-2">
      <Button
        aria-disabled={Boolean(denied)}
        title={denied ?? undefined}
        onClick={() => !denied && setMaking('deploy-key')}
      >
        <KeyRound /> New deploy key
      </Button>
      <Button
        look="primary"
        aria-disabled={Boolean(denied)}
        title={denied ?? undefined}
        onClick={() => !denied && setMaking('token')}
      >
        <Plus /> Add token
      </Button>
    </div>
  );
  return (
    <PageBody className="max-w-4xl pt-4">
      {data.length === 0 ? (
        <Empty
          title="No credentials"
          why="A token or a deploy key lets Slipway fetch a private repository. Public ones need none."
        >
          {buttons}
        </Empty>
      ) : (
        <Section title="Git credentials" note="encrypted, never shown again" actions={buttons}>
          <Table>
            <Head>
              <HeadCell>Name</HeadCell>
              <HeadCell wideOnly>Kind</HeadCell>
              <HeadCell>Value</HeadCell>
              <HeadCell wideOnly>Used by</HeadCell>
              <HeadCell wideOnly className="text-right">
                Added
              </HeadCell>
              <HeadCell>
                <span className="sr-only">Actions</span>
              </HeadCell>
            </Head>
            <tbody>
              {data.map((credential) => (
                <CredentialRow key={credential.id} credential={credential} denied={denied} />
              ))}
            </tbody>
          </Table>
        </Section>
      )}
      <CredentialDialog making={making} onClose={() => setMaking(null)} />
    </PageBody>
  );
}

function CredentialRow({ credential, denied }: { credential: CredentialView; denied: string | null }) {
  const trpc = useTRPC();
  const { slug: org } = useOrg();
  const remove = useMutation(trpc.credentials.delete.mutationOptions(useRefresh('credentials')));
  return (
    <Row>
      <Cell className="font-medium">{credential.name}</Cell>
      <Cell wideOnly className="text-muted">
        {credential.kind === 'token' ? 'token' : 'deploy key'}
      </Cell>
      <Cell className="max-w-80">
        {credential.publicKey ? (
          <Copyable value={credential.publicKey} what="public key" />
        ) : (
          <span className="mono text-muted">••••{credential.hint}</span>
        )}
      </Cell>
      <Cell wideOnly className="text-muted">
        {credential.usedBy === 0 ? 'nothing' : countWords(credential.usedBy, 'repository', 'repositories')}
      </Cell>
      <Cell wideOnly className="text-right text-muted">
        <Ago at={credential.createdAt} />
      </Cell>
      <Cell className="w-0">
        <Button
          look="quiet"
          size="small"
          className="-my-1"
          aria-disabled={remove.isPending || Boolean(denied)}
          title={denied ?? undefined}
          onClick={() => !denied && remove.mutate({ org, credentialId: credential.id })}
        >
          Delete
        </Button>
      </Cell>
    </Row>
  );
}
