import type { Metadata } from 'next';
import { HydrateQueries, load, trpc } from '#app/_lib/trpc-server.tsx';
import { ProjectsPage } from '#app/_features/projects/projects-page.tsx';

export const metadata: Metadata = { title: 'Projects' };

export default async function Page(props: PageProps<'/[org]'>) {
  const { org } = await props.params;
  await load(trpc.projects.list.queryOptions({ org }));
  return (
    <HydrateQueries>
      <ProjectsPage />
    </HydrateQueries>
  );
}
