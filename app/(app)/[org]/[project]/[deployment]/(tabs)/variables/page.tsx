import type { Metadata } from 'next';
import { HydrateQueries, load, trpc } from '#app/_lib/trpc-server.tsx';
import { VariablesPage } from '#app/_features/variables/variables-page.tsx';

export const metadata: Metadata = { title: 'Variables' };

export default async function Page(props: PageProps<'/[org]/[project]/[deployment]/variables'>) {
  const { org, project, deployment: slug } = await props.params;
  const deployment = await load(trpc.deployments.get.queryOptions({ org, project, deployment: slug }));
  const ids = { org, deploymentId: deployment.id };
  await Promise.all([
    load(trpc.variables.list.queryOptions({ ...ids, projectId: deployment.project.id })),
    load(trpc.drafts.get.queryOptions(ids)),
  ]);
  return (
    <HydrateQueries>
      <VariablesPage project={project} deployment={slug} />
    </HydrateQueries>
  );
}
