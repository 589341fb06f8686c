import type { Metadata } from 'next';
import { HydrateQueries, load, trpc } from '#app/_lib/trpc-server.tsx';
import { UsagePage } from '#app/_features/usage/usage-page.tsx';

export const metadata: Metadata = { title: 'Usage' };

export default async function Page(props: PageProps<'/[org]/usage'>) {
  const [{ org }, { month }] = await Promise.all([props.params, props.searchParams]);
  await load(trpc.usage.month.queryOptions({ org }));
  return (
    <HydrateQueries>
      <UsagePage month={typeof month === 'string' ? month : undefined} />
    </HydrateQueries>
  );
}
