import type { Metadata } from 'next';
import { HydrateQueries, load, trpc } from '#app/_lib/trpc-server.tsx';
import { SessionsPage } from '#app/_features/settings/sessions-page.tsx';

export const metadata: Metadata = { title: 'Account and sessions' };

export default async function Page() {
  await Promise.all([load(trpc.account.sessions.queryOptions()), load(trpc.account.me.queryOptions())]);
  return (
    <HydrateQueries>
      <SessionsPage />
    </HydrateQueries>
  );
}
