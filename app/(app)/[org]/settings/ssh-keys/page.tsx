import type { Metadata } from 'next';
import { HydrateQueries, load, trpc } from '#app/_lib/trpc-server.tsx';
import { SshKeysPage } from '#app/_features/settings/ssh-keys-page.tsx';

export const metadata: Metadata = { title: 'SSH keys' };

export default async function Page() {
  await load(trpc.account.sshKeys.queryOptions());
  return (
    <HydrateQueries>
      <SshKeysPage />
    </HydrateQueries>
  );
}
