import type { Metadata } from 'next';
import { OptionsPage } from '#app/_features/options/options-page.tsx';

export const metadata: Metadata = { title: 'Options' };

export default async function Page(props: PageProps<'/[org]/[project]/[deployment]/options'>) {
  const { project, deployment } = await props.params;
  return <OptionsPage project={project} deployment={deployment} />;
}
