/** The addresses behind a Git host, checked once and then pinned, so that a second answer of DNS changes nothing (R12). */
import { lookup as systemLookup } from 'node:dns/promises';
import { connect, isIP } from 'node:net';
import { AppError } from '#server/errors.ts';
import { isPublicAddress } from '#server/source/addresses.ts';
import { sourceFailure } from '#server/source/failures.ts';
import { isAllowedPrivately, type GitUrl } from '#server/source/url.ts';

/** Every address of a name; rejects with an error whose `code` is the resolver's. */
export type Lookup = (host: string) => Promise<readonly string[]>;

export const lookupAll: Lookup = async (host) =>
  (await systemLookup(host, { all: true })).map(({ address }) => address);

const connectTimeoutMs = 5_000;

async function addressesOf(url: GitUrl, lookup: Lookup): Promise<readonly string[]> {
  if (isIP(url.host) !== 0) return [url.host];
  try {
    return await lookup(url.host);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : '';
    if (code === 'EAI_AGAIN') throw new AppError('unavailable', 'The name service does not answer.', { cause });
    throw sourceFailure('clone_unreachable', 'The name of the repository host does not exist.');
  }
}

function accepts(address: string, port: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, signal });
    const finish = (accepted: boolean): void => {
      socket.destroy();
      resolve(accepted);
    };
    socket.setTimeout(connectTimeoutMs, () => finish(false));
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
  });
}

/**
 * The first address of the host that accepts a connection, when all its addresses are allowed. One private address
 * among public ones refuses the host: which one is used must not depend on luck.
 * @throws SourceFailure clone_refused, clone_unreachable; AppError unavailable when DNS is away, aborted
 */
export async function checkedAddress(
  url: GitUrl,
  options: { privateGitHosts: ReadonlySet<string>; lookup?: Lookup },
  signal: AbortSignal,
): Promise<string> {
  const addresses = await addressesOf(url, options.lookup ?? lookupAll);
  if (!isAllowedPrivately(url, options.privateGitHosts) && !addresses.every(isPublicAddress))
    throw sourceFailure('clone_refused', 'The host of the repository has a private address.');
  for (const address of addresses) {
    if (await accepts(address, url.port, signal)) return address;
    if (signal.aborted) throw new AppError('aborted', 'Cancelled.', { cause: signal.reason });
  }
  throw sourceFailure('clone_unreachable');
}
