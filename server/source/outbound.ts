/**
 * Our own requests to hosts outside (R12): parsed once, every address of the name checked, the checked address pinned, at
 * most three redirects and each one checked like the first, little time, few bytes.
 */
import { Agent, request } from 'undici';
import { AppError, badInput, isAborted } from '#server/errors.ts';
import { checkedAddress, type Lookup } from '#server/source/address-check.ts';
import { SourceFailure } from '#server/source/types.ts';
import { parseGitUrl } from '#server/source/url.ts';

export interface OutboundOptions {
  /** Hosts with private addresses that the operator allows; also over plain http. */
  privateHosts: ReadonlySet<string>;
  maxBytes: number;
  lookup?: Lookup;
}
const limitMs = 10_000;
const connectMs = 5000;
const mostRedirects = 3;

/**
 * The body of a GET, or null for 404.
 * @throws AppError bad_input when the host or a redirect is refused or the answer is too large; unavailable; aborted
 */
export async function fetchPublicText(
  url: string,
  options: OutboundOptions,
  signal: AbortSignal,
): Promise<string | null> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);
  try {
    let next = url;
    for (let hop = 0; hop <= mostRedirects; hop += 1) {
      const answer = await get(next, options, limit);
      if (answer.redirect === null) return answer.text;
      next = new URL(answer.redirect, next).href;
    }
    throw badInput('url', 'The host redirects too often.');
  } catch (cause) {
    if (signal.aborted || isAborted(cause)) {
      if (signal.aborted) throw new AppError('aborted', 'Cancelled.', { cause });
      throw new AppError('unavailable', 'The host did not answer in time.', { cause });
    }
    if (cause instanceof SourceFailure) throw badInput('url', cause.message);
    if (cause instanceof AppError) throw cause;
    throw new AppError('unavailable', 'The host does not answer.', { cause });
  }
}

interface Answer {
  redirect: string | null;
  text: string | null;
}

async function get(url: string, options: OutboundOptions, signal: AbortSignal): Promise<Answer> {
  const parsed = parseGitUrl(url, options.privateHosts);
  if (parsed.scheme === 'ssh') throw badInput('url', 'Only https is used for this.');
  const { privateHosts, lookup } = options;
  const address = await checkedAddress(
    parsed,
    { privateGitHosts: privateHosts, ...(lookup ? { lookup } : {}) },
    signal,
  );
  const family = address.includes(':') ? 6 : 4;
  const dispatcher = new Agent({
    connect: {
      timeout: connectMs,
      // Node asks for all addresses or for one, depending on its settings.
      lookup: (_host, { all }, done) => (all ? done(null, [{ address, family }]) : done(null, address, family)),
    },
  });
  try {
    const { statusCode, headers, body } = await request(url, {
      dispatcher,
      signal,
      headers: { 'user-agent': 'slipway', accept: 'text/plain' },
    });
    const location = headers['location'];
    if (statusCode >= 300 && statusCode < 400 && typeof location === 'string')
      return { redirect: location, text: null };
    if (statusCode === 404) return { redirect: null, text: null };
    if (statusCode !== 200) throw new AppError('unavailable', `The host answers ${statusCode}.`);
    const parts: Buffer[] = [];
    let bytes = 0;
    for await (const part of body as AsyncIterable<Buffer>) {
      bytes += part.length;
      if (bytes > options.maxBytes) throw badInput('url', 'The answer of the host is too large.');
      parts.push(part);
    }
    return { redirect: null, text: Buffer.concat(parts).toString('utf8') };
  } finally {
    await dispatcher.destroy();
  }
}
