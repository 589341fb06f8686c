import { redirect } from 'next/navigation';
import { load, trpc } from '#app/_lib/trpc-server.tsx';

/** To where the reader belongs: the first run, sign-in, or their organization. */
export default async function Home() {
  const setup = await load(trpc.setup.status.queryOptions());
  if (setup.open) redirect('/setup');
  const me = await load(trpc.account.me.queryOptions());
  const [first] = me.organizations;
  redirect(first ? `/${first.slug}` : '/new-organization');
}
