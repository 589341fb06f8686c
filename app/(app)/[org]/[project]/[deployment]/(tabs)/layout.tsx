import { HydrateQueries, load, trpc } from '#app/_lib/trpc-server.tsx';
import { DeploymentHeader } from '#app/_features/deployment/deployment-header.tsx';

export default async function DeploymentLayout({ params, children }: LayoutProps<'/[org]/[project]/[deployment]'>) {
  const { org, project, deployment } = await params;
  await load(trpc.deployments.get.queryOptions({ org, project, deployment }));
  return (
    <HydrateQueries>
      <DeploymentHeader project={project} deployment={deployment} />
      {children}
    </HydrateQueries>
  );
}
