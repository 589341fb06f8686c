/** Signing in and out from the browser, over next-auth's routes. */

export type SignInResult =
  { kind: 'signed-in' } | { kind: 'wrong' } | { kind: 'too-many'; message: string; retryAfterSeconds: number };

async function csrfToken(): Promise<string> {
  const answer = await fetch('/api/auth/csrf', { cache: 'no-store' });
  const { csrfToken: token } = (await answer.json()) as { csrfToken: string };
  return token;
}
const post = async (path: string, fields: Record<string, string>): Promise<Response> =>
  fetch(`/api/auth/${path}`, {
    method: 'POST',
    body: new URLSearchParams({ ...fields, csrfToken: await csrfToken(), json: 'true' }),
  });

/** @throws TypeError when the dashboard cannot be reached. */
export async function signInWithPassword(email: string, password: string): Promise<SignInResult> {
  const answer = await post('callback/credentials', { email, password });
  if (answer.status === 429) {
    const { error } = (await answer.json()) as { error: string };
    return { kind: 'too-many', message: error, retryAfterSeconds: Number(answer.headers.get('retry-after') ?? 60) };
  }
  return answer.ok ? { kind: 'signed-in' } : { kind: 'wrong' };
}

/** Goes to the provider's page; comes back to `returnTo`, a path of ours. */
export async function signInWithProvider(provider: 'github' | 'oidc', returnTo: string): Promise<void> {
  const answer = await post(`signin/${provider}`, { callbackUrl: new URL(returnTo, location.origin).href });
  const { url } = (await answer.json()) as { url: string };
  location.assign(url);
}

/** Ends the session on the server and leaves for the sign-in page. */
export async function signOut(): Promise<void> {
  await post('signout', {});
  location.assign('/sign-in');
}
