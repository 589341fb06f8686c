import type { Metadata } from 'next';
import { OverviewPage } from '#app/_features/deployment/overview-page.tsx';

export async function generateMetadata(props: PageProps<'/[org]/[project]/[deployment]'>): Promise<Metadata> {
  const { project, deployment } = await props.params;
  return { title: `${project} / ${deployment}` };
}

export default async function Page(props: PageProps<'/[org]/[project]/[deployment]'>) {
  const { project, deployment } = await props.params;
  return <OverviewPage project={project} deployment={deployment} />;
}
