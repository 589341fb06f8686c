import type { Metadata } from 'next';
import { HydrateQueries, load, trpc } from '#app/_lib/trpc-server.tsx';
import { StoragePage } from '#app/_features/storage/storage-page.tsx';

export const metadata: Metadata = { title: 'Storage' };

export default async function Page(props: PageProps<'/[org]/[project]/[deployment]/storage'>) {
  const { org, project, deployment: slug } = await props.params;
  const deployment = await load(trpc.deployments.get.queryOptions({ org, project, deployment: slug }));
  await load(trpc.storage.get.queryOptions({ org, deploymentId: deployment.id }));
  return (
    <HydrateQueries>
      <StoragePage project={project} deployment={slug} />
    </HydrateQueries>
  );
}
