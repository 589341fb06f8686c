import type { Metadata } from 'next';
import { HydrateQueries, load, trpc } from '#app/_lib/trpc-server.tsx';
import { ComponentsPage } from '#app/_features/components/components-page.tsx';

export const metadata: Metadata = { title: 'Components' };

export default async function Page(props: PageProps<'/[org]/[project]/[deployment]/components'>) {
  const { org, project, deployment: slug } = await props.params;
  const deployment = await load(trpc.deployments.get.queryOptions({ org, project, deployment: slug }));
  const ids = { org, deploymentId: deployment.id };
  await Promise.all([
    load(trpc.drafts.get.queryOptions(ids)),
    load(trpc.drafts.diff.queryOptions(ids)),
    load(trpc.projects.get.queryOptions({ org, project })),
  ]);
  return (
    <HydrateQueries>
      <ComponentsPage project={project} deployment={slug} />
    </HydrateQueries>
  );
}
