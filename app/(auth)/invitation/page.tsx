import type { Metadata } from 'next';
import { ApiProvider } from '#app/_lib/trpc-client.tsx';
import { isSignedIn } from '#app/_lib/trpc-server.tsx';
import { InvitationForm } from '#app/_features/auth/invitation-form.tsx';

export const metadata: Metadata = { title: 'Invitation', referrer: 'no-referrer' };

export default async function Page() {
  return (
    <ApiProvider>
      <InvitationForm isSignedIn={await isSignedIn()} />
    </ApiProvider>
  );
}
