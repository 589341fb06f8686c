import type { Metadata } from 'next';
import { ApiProvider } from '#app/_lib/trpc-client.tsx';
import { load, trpc } from '#app/_lib/trpc-server.tsx';
import { NewOrganizationForm } from '#app/_features/auth/new-organization-form.tsx';

export const metadata: Metadata = { title: 'New organization' };

export default async function Page() {
  const me = await load(trpc.account.me.queryOptions());
  return (
    <ApiProvider>
      <NewOrganizationForm isFirst={me.organizations.length === 0} />
    </ApiProvider>
  );
}
