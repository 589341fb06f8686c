import type { Metadata } from 'next';
import { HydrateQueries, load, trpc } from '#app/_lib/trpc-server.tsx';
import { MembersPage } from '#app/_features/settings/members-page.tsx';

export const metadata: Metadata = { title: 'Members' };

export default async function Page(props: PageProps<'/[org]/settings'>) {
  const { org } = await props.params;
  await load(trpc.members.list.queryOptions({ org }));
  return (
    <HydrateQueries>
      <MembersPage />
    </HydrateQueries>
  );
}
