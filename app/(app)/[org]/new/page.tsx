import type { Metadata } from 'next';
import { HydrateQueries, load, trpc } from '#app/_lib/trpc-server.tsx';
import { NewProjectPage } from '#app/_features/new-project/new-project-page.tsx';

export const metadata: Metadata = { title: 'New project' };

export default async function Page(props: PageProps<'/[org]/new'>) {
  const { org } = await props.params;
  await Promise.all([
    load(trpc.templates.list.queryOptions()),
    load(trpc.regions.list.queryOptions({ org })),
    load(trpc.credentials.list.queryOptions({ org })),
  ]);
  return (
    <HydrateQueries>
      <NewProjectPage />
    </HydrateQueries>
  );
}
