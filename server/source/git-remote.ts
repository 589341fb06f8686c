/** A repository's URL and credential, made ready for one git run: checked, pinned, and without anything in argv. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isIP } from 'node:net';
import { exec } from '#server/exec.ts';
import { Secret } from '#server/secret.ts';
import { checkedAddress, type Lookup } from '#server/source/address-check.ts';
import { sourceFailure } from '#server/source/failures.ts';
import type { GitEnvironment } from '#server/source/git-command.ts';
import type { RepositoryCredential, RepositoryLocation } from '#server/source/types.ts';
import { formatGitUrl, parseGitUrl, type GitUrl } from '#server/source/url.ts';

export interface RemoteOptions {
  privateGitHosts: ReadonlySet<string>;
  lookup?: Lookup;
}
export interface GitRemote {
  /** The URL for git's command line: rebuilt from its parts, starts with the scheme or a host. */
  url: string;
  environment: GitEnvironment;
}

/** Parses a stored URL again: the operator may have withdrawn a private host meanwhile. */
export function parseStoredUrl(url: string, privateGitHosts: ReadonlySet<string>): GitUrl {
  try {
    return parseGitUrl(url, privateGitHosts);
  } catch (error) {
    throw sourceFailure('clone_refused', error instanceof Error ? error.message : undefined);
  }
}

const bracketed = (address: string): string => (isIP(address) === 6 ? `[${address}]` : address);

const basicAuth = (username: string, token: Secret): Secret =>
  new Secret(`Authorization: Basic ${Buffer.from(`${username || 'git'}:${token.reveal()}`).toString('base64')}`);

function httpEnvironment(url: GitUrl, address: string, credential: RepositoryCredential | null): GitEnvironment {
  const config: (readonly [string, string | Secret])[] = [];
  // git's own name lookup would happen later, and could answer something else.
  if (isIP(url.host) === 0) config.push(['http.curloptResolve', `${url.host}:${url.port}:${bracketed(address)}`]);
  if (credential?.kind === 'token') config.push(['http.extraHeader', basicAuth(credential.username, credential.token)]);
  return { protocols: url.scheme, config, variables: {} };
}

const sshOptions = (address: string, isPinned: boolean, hasKey: boolean): string =>
  [
    'Host *',
    `HostName ${address}`,
    'HostKeyAlias slipway-pinned',
    `StrictHostKeyChecking ${isPinned ? 'yes' : 'accept-new'}`,
    'UserKnownHostsFile known_hosts',
    'GlobalKnownHostsFile /dev/null',
    'UpdateHostKeys no',
    'HashKnownHosts no',
    'BatchMode yes',
    'PreferredAuthentications publickey',
    'IdentitiesOnly yes',
    `IdentityFile ${hasKey ? 'identity' : 'none'}`,
    'IdentityAgent none',
    'ConnectTimeout 5',
    'ServerAliveInterval 10',
    'ServerAliveCountMax 3',
    'ForwardAgent no',
    'ForwardX11 no',
    'ClearAllForwardings yes',
    'PermitLocalCommand no',
    'ControlMaster no',
    'ControlPath none',
    'ProxyCommand none',
    'LogLevel ERROR',
    '',
  ].join('\n');

/** `host type key` with the name replaced by our alias, so that no text of a host stands in the file. */
function pinnedLine(hostKey: string): string {
  const [, type = '', key = ''] = hostKey.trim().split(/\s+/);
  if (!/^[a-z0-9@.-]{3,60}$/.test(type) || !/^[A-Za-z0-9+/=]{20,2000}$/.test(key))
    throw sourceFailure('host_key_changed', 'The pinned SSH host key is not readable.');
  return `slipway-pinned ${type} ${key}\n`;
}

async function sshEnvironment(
  location: Extract<RepositoryLocation, { kind: 'git' }>,
  address: string,
  scratch: string,
): Promise<GitEnvironment> {
  const key = location.credential?.kind === 'deploy-key' ? location.credential.privateKey : null;
  const files: [string, string][] = [
    ['ssh_config', sshOptions(address, location.hostKey !== null, key !== null)],
    ['known_hosts', location.hostKey === null ? '' : pinnedLine(location.hostKey)],
    ...(key === null ? [] : ([['identity', key.reveal()]] satisfies [string, string][])),
  ];
  await Promise.all(files.map(([name, text]) => writeFile(path.join(scratch, name), text, { mode: 0o600 })));
  // git hands this text to a shell; it is constant, because git runs in the scratch folder.
  const variables = { GIT_SSH_COMMAND: 'ssh -F ./ssh_config', GIT_SSH_VARIANT: 'ssh' };
  return { protocols: 'ssh', config: [], variables };
}

/**
 * Checks the host and writes what git needs into the scratch folder.
 * @throws SourceFailure clone_refused, clone_unreachable, host_key_changed; AppError unavailable, aborted
 */
export async function openRemote(
  location: Extract<RepositoryLocation, { kind: 'git' }>,
  scratch: string,
  options: RemoteOptions,
  signal: AbortSignal,
): Promise<GitRemote> {
  const url = parseStoredUrl(location.url, options.privateGitHosts);
  const address = await checkedAddress(url, options, signal);
  const environment =
    url.scheme === 'ssh'
      ? await sshEnvironment(location, address, scratch)
      : httpEnvironment(url, address, location.credential);
  return { url: formatGitUrl(url), environment };
}

const keyTypes = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'ssh-rsa'];

/** The host's `known_hosts` line now, strongest type first. @throws SourceFailure clone_refused, clone_unreachable */
export async function scanHostKey(url: GitUrl, options: RemoteOptions, signal: AbortSignal): Promise<string> {
  const address = await checkedAddress(url, options, signal);
  const args = ['-T', '5', '-p', String(url.port), '-t', 'ed25519,ecdsa,rsa', address];
  const { stdout } = await exec('ssh-keyscan', args, { signal, timeoutMs: 15_000 });
  const found = stdout.split('\n').map((line) => line.split(' '));
  for (const type of keyTypes) {
    const key = found.find((parts) => parts[1] === type)?.[2];
    if (key !== undefined) return `${url.port === 22 ? url.host : `[${url.host}]:${url.port}`} ${type} ${key}`;
  }
  throw sourceFailure('clone_unreachable', 'The host does not answer as an SSH server.');
}
