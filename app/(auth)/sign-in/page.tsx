import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { isSignedIn, load, trpc } from '#app/_lib/trpc-server.tsx';
import { localPath, refusedSentence } from '#app/_features/auth/view.ts';
import { SignInForm } from '#app/_features/auth/sign-in-form.tsx';

export const metadata: Metadata = { title: 'Sign in' };

export default async function Page(props: PageProps<'/sign-in'>) {
  const { next, error, email } = await props.searchParams;
  const returnTo = localPath(typeof next === 'string' ? next : undefined);
  if (await isSignedIn()) redirect(returnTo);
  const setup = await load(trpc.setup.status.queryOptions());
  if (setup.open) redirect('/setup');
  const providers = await load(trpc.account.providers.queryOptions());
  return (
    <>
      <h1 className="mb-6 text-xl font-semibold">Sign in</h1>
      <SignInForm
        providers={providers}
        returnTo={returnTo}
        refused={refusedSentence(typeof error === 'string' ? error : undefined)}
        email={typeof email === 'string' ? email : ''}
      />
    </>
  );
}
