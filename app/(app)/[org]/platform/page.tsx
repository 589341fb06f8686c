import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { HydrateQueries, load, trpc } from '#app/_lib/trpc-server.tsx';
import { PlatformPage } from '#app/_features/platform/platform-page.tsx';

export const metadata: Metadata = { title: 'Platform' };

/** For operators; to everybody else the page does not exist. */
export default async function Page() {
  const me = await load(trpc.account.me.queryOptions());
  if (!me.isOperator) notFound();
  await Promise.all([load(trpc.platform.organizations.queryOptions()), load(trpc.platform.regions.queryOptions())]);
  return (
    <HydrateQueries>
      <PlatformPage />
    </HydrateQueries>
  );
}
