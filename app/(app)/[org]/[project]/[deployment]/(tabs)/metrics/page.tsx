import type { Metadata } from 'next';
import { MetricsPage } from '#app/_features/metrics/metrics-page.tsx';

export const metadata: Metadata = { title: 'Metrics' };

/** The charts are drawn in the browser, at its width; the page asks for their numbers there. */
export default async function Page(props: PageProps<'/[org]/[project]/[deployment]/metrics'>) {
  const { project, deployment } = await props.params;
  return <MetricsPage project={project} deployment={deployment} />;
}
