import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { ApiProvider } from '#app/_lib/trpc-client.tsx';
import { load, trpc } from '#app/_lib/trpc-server.tsx';
import { SetupForm } from '#app/_features/auth/setup-form.tsx';

export const metadata: Metadata = { title: 'First run' };

export default async function Page(props: PageProps<'/setup'>) {
  const { code } = await props.searchParams;
  const setup = await load(trpc.setup.status.queryOptions());
  if (!setup.open) redirect('/sign-in');
  return (
    <ApiProvider>
      <SetupForm code={typeof code === 'string' ? code : ''} />
    </ApiProvider>
  );
}
