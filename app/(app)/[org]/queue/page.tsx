import type { Metadata } from 'next';
import { HydrateQueries, load, trpc } from '#app/_lib/trpc-server.tsx';
import { QueuePage } from '#app/_features/queue/queue-page.tsx';

export const metadata: Metadata = { title: 'Queue' };

export default async function Page(props: PageProps<'/[org]/queue'>) {
  const { org } = await props.params;
  await Promise.all([load(trpc.queue.list.queryOptions({ org })), load(trpc.queue.regions.queryOptions({ org }))]);
  return (
    <HydrateQueries>
      <QueuePage />
    </HydrateQueries>
  );
}
