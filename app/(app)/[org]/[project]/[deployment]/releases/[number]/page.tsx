import type { Metadata } from 'next';
import { HydrateQueries, load, trpc } from '#app/_lib/trpc-server.tsx';
import { ReleasePage } from '#app/_features/release/release-page.tsx';

export async function generateMetadata(
  props: PageProps<'/[org]/[project]/[deployment]/releases/[number]'>,
): Promise<Metadata> {
  const { number, deployment } = await props.params;
  return { title: /^\d+$/.test(number) ? `Release ${number} · ${deployment}` : deployment };
}

/** By number; operations, which have none, by id. */
export default async function Page(props: PageProps<'/[org]/[project]/[deployment]/releases/[number]'>) {
  const { org, project, deployment: slug, number } = await props.params;
  const deployment = await load(trpc.deployments.get.queryOptions({ org, project, deployment: slug }));
  const releaseId = /^\d{1,9}$/.test(number)
    ? (await load(trpc.releases.find.queryOptions({ org, deploymentId: deployment.id, number: Number(number) })))
        .releaseId
    : number;
  await load(trpc.releases.get.queryOptions({ org, releaseId }));
  return (
    <HydrateQueries>
      <ReleasePage releaseId={releaseId} project={project} deployment={slug} />
    </HydrateQueries>
  );
}
