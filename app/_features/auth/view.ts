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
