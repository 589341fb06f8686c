import type { Metadata } from 'next';
import { HydrateQueries, load, trpc } from '#app/_lib/trpc-server.tsx';
import { TagsPage } from '#app/_features/tags/tags-page.tsx';

export const metadata: Metadata = { title: 'Tags' };

export default async function Page(props: PageProps<'/[org]/[project]/tags'>) {
  const { org, project } = await props.params;
  const found = await load(trpc.projects.get.queryOptions({ org, project }));
  await load(trpc.tags.list.queryOptions({ org, project: found.id }));
  return (
    <HydrateQueries>
      <TagsPage project={project} />
    </HydrateQueries>
  );
}
