/** Follows a Git host's redirects by hand: each address is checked and pinned before the next request (R12). */
import { isIP, type LookupFunction } from 'node:net';
import { Agent, request } from 'undici';
import { AppError } from '#server/errors.ts';
import { checkedAddress } from '#server/source/address-check.ts';
import { sourceFailure } from '#server/source/failures.ts';
import { parseStoredUrl, type RemoteOptions } from '#server/source/git-remote.ts';
import type { RepositoryLocation } from '#server/source/types.ts';
import { formatGitUrl, type GitUrl } from '#server/source/url.ts';

const maxRedirects = 3;
const timeoutMs = 10_000;
const service = '/info/refs?service=git-upload-pack';

/** Where one request is sent on to; null when it is answered. The body is never read. */
async function redirectOf(url: GitUrl, address: string, signal: AbortSignal): Promise<string | null> {
  const lookup: LookupFunction = (_host, options, done) => {
    const family = isIP(address);
    if (options.all) done(null, [{ address, family }]);
    else done(null, address, family);
  };
  const agent = new Agent({ connect: { lookup, timeout: 5_000 }, headersTimeout: timeoutMs, bodyTimeout: timeoutMs });
  try {
    const { statusCode, headers, body } = await request(`${formatGitUrl(url)}${service}`, {
      dispatcher: agent,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      headers: { 'user-agent': 'git/slipway' },
    });
    body.on('error', () => undefined).destroy(); // unread, so its end is an abort
    if (statusCode < 300 || statusCode >= 400) return null;
    return typeof headers.location === 'string' ? headers.location : '';
  } catch (cause) {
    if (signal.aborted) throw new AppError('aborted', 'Cancelled.', { cause: signal.reason });
    throw new AppError('unavailable', 'The repository host failed. It is tried again.', { cause });
  } finally {
    await agent.destroy();
  }
}

/** A `Location` header as a whole URL: it may leave out the scheme, or scheme and host. */
function absoluteTarget(from: GitUrl, target: string): string {
  if (target.startsWith('//')) return `${from.scheme}:${target}`;
  return target.startsWith('/') ? `${formatGitUrl({ ...from, path: '' }).replace(/\/$/, '')}${target}` : target;
}

/**
 * The repository at the end of the redirects. The credential stays with the host that it was given for.
 * @throws SourceFailure clone_refused, clone_unreachable; AppError unavailable, aborted
 */
export async function followRedirects(
  location: Extract<RepositoryLocation, { kind: 'git' }>,
  options: RemoteOptions,
  signal: AbortSignal,
): Promise<Extract<RepositoryLocation, { kind: 'git' }>> {
  const origin = parseStoredUrl(location.url, options.privateGitHosts);
  let url = origin;
  for (let followed = 0; followed <= maxRedirects; followed += 1) {
    const target = await redirectOf(url, await checkedAddress(url, options, signal), signal);
    if (target === null) {
      const isSameHost = url.host === origin.host && url.port === origin.port;
      return { ...location, url: formatGitUrl(url), credential: isSameHost ? location.credential : null };
    }
    const absolute = absoluteTarget(url, target);
    if (!absolute.endsWith(service)) throw sourceFailure('clone_refused', 'The host redirects to another page.');
    const next = parseStoredUrl(absolute.slice(0, -service.length), options.privateGitHosts);
    if (next.scheme === 'ssh' || (url.scheme === 'https' && next.scheme === 'http'))
      throw sourceFailure('clone_refused', 'The host redirects to an address without https.');
    url = next;
  }
  throw sourceFailure('clone_refused', 'The host redirects in circles.');
}
