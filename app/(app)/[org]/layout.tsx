import { notFound } from 'next/navigation';
import { HydrateQueries, load, trpc } from '#app/_lib/trpc-server.tsx';
import { Live } from '#app/_features/shell/live.tsx';
import { OrgProvider } from '#app/_features/shell/org-context.tsx';
import { Shell } from '#app/_features/shell/shell.tsx';

export default async function OrgLayout({ params, children }: LayoutProps<'/[org]'>) {
  const { org: slug } = await params;
  const me = await load(trpc.account.me.queryOptions());
  const org = me.organizations.find((entry) => entry.slug === slug);
  if (!org) notFound();
  await Promise.all([
    load(trpc.projects.list.queryOptions({ org: slug })),
    load(trpc.queue.list.queryOptions({ org: slug })),
  ]);
  return (
    <HydrateQueries>
      <OrgProvider org={org}>
        <Live>
          <Shell>{children}</Shell>
        </Live>
      </OrgProvider>
    </HydrateQueries>
  );
}
