import { redirect } from 'next/navigation';
import { load, trpc } from '#app/_lib/trpc-server.tsx';

/** The address that the SSH gateway names to people whose key it does not know: it knows no organization of theirs. */
export default async function Page() {
  const me = await load(trpc.account.me.queryOptions());
  const [first] = me.organizations;
  redirect(first ? `/${first.slug}/settings/ssh-keys` : '/new-organization');
}
