import type { Metadata } from 'next';
import { HydrateQueries, load, trpc } from '#app/_lib/trpc-server.tsx';
import { CredentialsPage } from '#app/_features/settings/credentials-page.tsx';

export const metadata: Metadata = { title: 'Git credentials' };

export default async function Page(props: PageProps<'/[org]/settings/credentials'>) {
  const { org } = await props.params;
  await load(trpc.credentials.list.queryOptions({ org }));
  return (
    <HydrateQueries>
      <CredentialsPage />
    </HydrateQueries>
  );
}
