import type { Metadata } from 'next';
import { HydrateQueries, load, trpc } from '#app/_lib/trpc-server.tsx';
import { ProjectPage } from '#app/_features/projects/project-page.tsx';

export async function generateMetadata(props: PageProps<'/[org]/[project]'>): Promise<Metadata> {
  return { title: (await props.params).project };
}

export default async function Page(props: PageProps<'/[org]/[project]'>) {
  const { org, project } = await props.params;
  await Promise.all([
    load(trpc.projects.get.queryOptions({ org, project })),
    load(trpc.regions.list.queryOptions({ org })),
  ]);
  return (
    <HydrateQueries>
      <ProjectPage project={project} />
    </HydrateQueries>
  );
}
