import type { Metadata } from 'next';
import { HydrateQueries, load, trpc } from '#app/_lib/trpc-server.tsx';
import { ReleasesPage } from '#app/_features/release/releases-page.tsx';

export const metadata: Metadata = { title: 'Releases' };

export default async function Page(props: PageProps<'/[org]/[project]/[deployment]/releases'>) {
  const { org, project, deployment: slug } = await props.params;
  const deployment = await load(trpc.deployments.get.queryOptions({ org, project, deployment: slug }));
  await load(trpc.releases.list.queryOptions({ org, deploymentId: deployment.id }));
  return (
    <HydrateQueries>
      <ReleasesPage project={project} deployment={slug} />
    </HydrateQueries>
  );
}
