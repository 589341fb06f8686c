import type { Metadata } from 'next';
import { HydrateQueries, load, trpc } from '#app/_lib/trpc-server.tsx';
import { OverviewPage } from '#app/_features/deployment/overview-page.tsx';
import { timelineInput } from '#app/_features/deployment/timeline-query.ts';

export async function generateMetadata(props: PageProps<'/[org]/[project]/[deployment]'>): Promise<Metadata> {
  const { project, deployment } = await props.params;
  return { title: `${project} / ${deployment}` };
}

export default async function Page(props: PageProps<'/[org]/[project]/[deployment]'>) {
  const { org, project, deployment: slug } = await props.params;
  const deployment = await load(trpc.deployments.get.queryOptions({ org, project, deployment: slug }));
  await load(trpc.deployments.timeline.queryOptions(timelineInput(org, deployment.id)));
  return (
    <HydrateQueries>
      <OverviewPage project={project} deployment={slug} />
    </HydrateQueries>
  );
}
