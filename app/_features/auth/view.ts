/** Pure parts of sign-in. */

/** Only paths of our own: never another origin, also not by `//host` or `/\host`. */
export const localPath = (path: string | undefined): string =>
  path !== undefined && /^\/(?![/\\])[^\\\p{Cc}]*$/u.test(path) ? path : '/';

/** What is still missing for a password, or null; length is what counts. */
export const passwordHint = (password: string): string | null =>
  password.length === 0 || password.length >= 10 ? null : `${String(10 - password.length)} more`;

/** The text of a form's field. */
export const formText = (form: FormData, name: string): string => {
  const value = form.get(name);
  return typeof value === 'string' ? value : '';
};

/** Why a provider's page came back without a session, and what to do; null when it did not. */
export function refusedSentence(error: string | undefined): string | null {
  switch (error) {
    case undefined:
      return null;
    case 'AccessDenied':
      return 'No account here belongs to that sign-in. Ask an admin for an invitation.';
    case 'Unverified':
      return 'The sign-in service has not verified this e-mail address. Verify it there and try again, or sign in another way.';
    case 'OAuthSignin':
      return 'The sign-in service does not answer. Try again in a moment, or sign in another way.';
    default:
      return 'The sign-in was not finished. Try again.';
  }
}
