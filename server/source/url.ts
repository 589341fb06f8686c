/**
 * Git URLs, parsed once into parts that cannot carry options, commands or credentials (R12, R23). Everything that
 * reaches git or ssh is rebuilt from these parts; the text that a person typed is never passed on.
 */
import { isIP } from 'node:net';
import { badInput, type AppError } from '#server/errors.ts';
import { isPublicAddress } from '#server/source/addresses.ts';

export interface GitUrl {
  scheme: 'https' | 'http' | 'ssh';
  /** Lower case; an IPv6 address without its brackets. */
  host: string;
  port: number;
  /** Login name of ssh URLs; empty for the others. */
  user: string;
  /** Without the leading slash. */
  path: string;
  /** scp-like and `ssh://host/~/` paths are relative to the login's home folder. */
  relative: boolean;
}

const defaultPorts = { https: 443, http: 80, ssh: 22 } as const;
const schemeUrl = /^(https?|ssh):\/\/(?:([^@/]*)@)?(\[[0-9a-f:.]{2,45}\]|[^:/@[\]]*)(?::(\d{1,5}))?\/(.*)$/i;
const scpLike = /^(?:([^@/:]*)@)?(\[[0-9a-f:.]{2,45}\]|[^:/@[\]]*):(?!\/\/)(.*)$/i;
const hostPattern = /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const userPattern = /^[A-Za-z_][A-Za-z0-9._-]{0,63}$/;
/** Starts with a letter or digit, `_`, `~` or `.`, so never with `-`; `%20` is the one escape that hosts really use. */
const segmentPattern = /^(?:[A-Za-z0-9._~]|%20)(?:[A-Za-z0-9._~@+-]|%20)*$/;
const localName = /(?:^|\.)(?:localhost|local|internal|intranet|lan|home\.arpa)$/;

const refuse = (message: string): AppError => badInput('url', message);

/** True when the operator allowed this host, with or without naming the port. */
export const isAllowedPrivately = (url: Pick<GitUrl, 'host' | 'port'>, privateGitHosts: ReadonlySet<string>): boolean =>
  privateGitHosts.has(url.host) || privateGitHosts.has(`${url.host}:${url.port}`);

function parseHost(text: string): string {
  const host = text.toLowerCase();
  if (host.startsWith('[')) {
    const address = host.slice(1, -1);
    if (isIP(address) !== 6) throw refuse('The host is not a valid name or address.');
    return address;
  }
  if (!hostPattern.test(host)) throw refuse('The host is not a valid name or address.');
  // Resolvers read 127.1, 0x7f000001 and 2130706433 as addresses: only the plain form may pass.
  const lastLabel = host.slice(host.lastIndexOf('.') + 1);
  if (/^(?:\d+|0x[0-9a-f]*)$/.test(lastLabel) && isIP(host) !== 4)
    throw refuse('The host is not a valid name or address.');
  return host;
}

function parsePath(text: string): string {
  const path = text.replace(/^\/+|\/+$/g, '');
  const segments = path.split('/');
  if (path.length > 300) throw refuse('The path of the URL has more than 300 characters.');
  if (segments.some((part) => !segmentPattern.test(part) || part === '.' || part === '..'))
    throw refuse('The path may hold letters, digits and . _ ~ @ + - only, and no part of it starts with -.');
  return path;
}

function parsePort(text: string | undefined, scheme: GitUrl['scheme']): number {
  const port = text === undefined ? defaultPorts[scheme] : Number(text);
  if (port < 1 || port > 65_535) throw refuse('The port is not between 1 and 65535.');
  return port;
}

function parseParts(text: string): GitUrl {
  const matched = schemeUrl.exec(text);
  if (matched) {
    const [, schemeText = '', user, host = '', port, path = ''] = matched;
    const scheme = schemeText.toLowerCase();
    if (scheme !== 'https' && scheme !== 'http' && scheme !== 'ssh') throw refuse('Use an https or ssh URL.');
    if (scheme !== 'ssh' && user !== undefined)
      throw refuse('Put credentials in the credential field, not in the URL.');
    return {
      scheme,
      host: parseHost(host),
      port: parsePort(port, scheme),
      user: scheme === 'ssh' ? (user ?? 'git') : '',
      path: parsePath(path),
      relative: path.startsWith('~/'),
    };
  }
  const scp = text.includes('://') ? null : scpLike.exec(text);
  if (!scp) throw refuse('Use a URL like https://host/owner/repository or git@host:owner/repository.');
  const [, user, host = '', path = ''] = scp;
  return {
    scheme: 'ssh',
    host: parseHost(host),
    port: defaultPorts.ssh,
    user: user ?? 'git',
    path: parsePath(path),
    relative: !path.startsWith('/'),
  };
}

/**
 * Parses what a person typed. Pure: the addresses behind the host are checked when it is used.
 * @throws AppError bad_input, field `url`; the message never repeats the URL.
 */
export function parseGitUrl(text: string, privateGitHosts: ReadonlySet<string>): GitUrl {
  if (text.length > 500) throw refuse('The URL has more than 500 characters.');
  const url = parseParts(text.replace(/^ +| +$/g, '')); // spaces only: a line break is no slip of the hand
  if (url.scheme === 'ssh') {
    if (url.user.includes(':')) throw refuse('Put credentials in the credential field, not in the URL.');
    if (!userPattern.test(url.user)) throw refuse('The user name of the URL is not valid.');
  }
  if (isAllowedPrivately(url, privateGitHosts)) return url;
  if (url.scheme === 'http') throw refuse('Plain http is not safe for code: use https or ssh.');
  const isLocal =
    isIP(url.host) === 0 ? localName.test(url.host) || !url.host.includes('.') : !isPublicAddress(url.host);
  if (isLocal) throw refuse('This host is private. The operator of this installation can allow it.');
  return url;
}

/** The one spelling that is stored and given to git; never holds a credential. */
export function formatGitUrl(url: GitUrl): string {
  const host = url.host.includes(':') ? `[${url.host}]` : url.host;
  const port = url.port === defaultPorts[url.scheme] ? '' : `:${url.port}`;
  if (url.scheme !== 'ssh') return `${url.scheme}://${host}${port}/${url.path}`;
  if (!url.relative) return `ssh://${url.user}@${host}${port}/${url.path}`;
  // A path relative to the home folder has no ssh:// form that every server understands.
  if (port === '' && !url.path.startsWith('~/')) return `${url.user}@${host}:${url.path}`;
  return `ssh://${url.user}@${host}${port}/${url.path}`;
}
