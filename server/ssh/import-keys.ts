/** Public keys that a person published at GitHub or GitLab: `<site>/<name>.keys`, plain text, no token. */
import { badInput } from '#server/errors.ts';
import { fetchPublicText } from '#server/source/outbound.ts';

export const keySites = ['github', 'gitlab'] as const;
export type KeySite = (typeof keySites)[number];
export interface KeySiteUrls {
  /** Base URLs without a trailing slash, from the configuration. */
  urls: Record<KeySite, string>;
  privateHosts: ReadonlySet<string>;
}
const mostBytes = 256 * 1024;

/** @throws AppError bad_input (no such name, host refused), unavailable */
export async function publishedKeys(
  site: KeySite,
  name: string,
  { urls, privateHosts }: KeySiteUrls,
  signal: AbortSignal,
): Promise<string> {
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?$/.test(name))
    throw badInput('name', 'This is not a user name.');
  const text = await fetchPublicText(`${urls[site]}/${name}.keys`, { privateHosts, maxBytes: mostBytes }, signal);
  if (text === null) throw badInput('name', 'There is no user of this name there.');
  return text;
}
