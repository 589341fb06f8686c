/** What git says when it fails → what a person reads. Git has no error codes, so this one table reads its words. */
import { AppError } from '#server/errors.ts';
import type { ExecResult } from '#server/exec.ts';
import { sourceFailure } from '#server/source/failures.ts';
import { SourceFailure } from '#server/source/types.ts';

type Code = Parameters<typeof sourceFailure>[0];

/** First match wins. `LANG` is fixed, so git speaks English. */
const table: readonly (readonly [pattern: RegExp, code: Code, message?: string])[] = [
  [/REMOTE HOST IDENTIFICATION HAS CHANGED|Host key verification failed|No \S+ host key is known/, 'host_key_changed'],
  [/died of signal 25|File too large|exceeds maximum allowed size/, 'clone_too_large'],
  [/[Oo]ut of memory|unable to create thread|malloc failed|mmap failed/, 'clone_too_large'],
  [/transfer closed .*Operation too slow|Operation too slow|Less than \d+ bytes\/sec/i, 'clone_timeout'],
  [
    /could not read (Username|Password)|Authentication failed|returned error: 40[13]|Permission denied|access denied/i,
    'clone_credentials',
  ],
  [
    /repository '.*' not found|returned error: 404|does not appear to be a git repository|Repository not found/i,
    'clone_credentials',
    'The host has no such repository, or the credential may not see it.',
  ],
  [/not our ref|couldn't find remote ref|no such remote ref|bad object/, 'ref_missing'],
  [/transport '.*' not allowed|dumb http transport/, 'clone_refused', 'The host does not offer Git over this protocol.'],
  [
    /fsck|hasDot|gitmodules|nullSha1|badTree|duplicateEntries|treeNotSorted/,
    'clone_refused',
    'The repository holds objects that Git considers unsafe.',
  ],
  [/not valid: is this a git repository|invalid .*pkt-line|bad line length/, 'clone_refused', 'There is no Git repository at this URL.'],
  [/SSL certificate|certificate verif|SSL_ERROR|unable to get local issuer/, 'clone_refused', 'The certificate of the host is not valid.'],
  [/Could not resolve host|Couldn't connect|Failed to connect|Connection refused|Connection timed out|No route to host|Network is unreachable/i, 'clone_unreachable'],
]; // prettier-ignore

/** The host answered with a redirect, which git must not follow by itself: the new address is unchecked. */
export class Redirected extends SourceFailure {
  constructor() {
    super('clone_refused', 'The host redirects to another address.', 'Use the address that it redirects to.');
  }
}

/** The file size limit kills git's helper silently: all that is left is one complaint about its missing answer. */
function wasCutBySize(output: string): boolean {
  const complaints = output.split('\n').filter((line) => /^(?:fatal|error): /.test(line));
  return complaints.length === 1 && complaints[0]?.endsWith('invalid index-pack output') === true;
}

/** The error for a git run that did not succeed. Anything unknown (5xx, a cut connection) may go away: `unavailable`. */
export function gitError(result: ExecResult): Error {
  if (result.timedOut) return sourceFailure('clone_timeout');
  const output = result.stderr.slice(-16_000);
  if (/returned error: 30[12378]/.test(output)) return new Redirected();
  const known = table.find(([pattern]) => pattern.test(output));
  if (known) return sourceFailure(known[1], known[2]);
  if (result.signal === 'SIGXFSZ' || result.signal === 'SIGSEGV' || wasCutBySize(output))
    return sourceFailure('clone_too_large');
  const cause = new Error(output.trim().slice(-2000) || `git ended with ${result.exitCode ?? result.signal}`);
  return new AppError('unavailable', 'The repository host failed. It is tried again.', { cause });
}
