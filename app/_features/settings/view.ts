/** A user agent in two words; the whole one stands behind. Pure. */
export function browserName(userAgent: string): string {
  const browser = [['Edg/', 'Edge'], ['OPR/', 'Opera'], ['Firefox/', 'Firefox'], ['Chrome/', 'Chrome'], ['Safari/', 'Safari'], ['curl/', 'curl']].find(([mark]) => userAgent.includes(mark ?? ''))?.[1]; // prettier-ignore
  const system = [['Android', 'Android'], ['iPhone', 'iPhone'], ['iPad', 'iPad'], ['Windows', 'Windows'], ['Mac OS X', 'macOS'], ['Linux', 'Linux']].find(([mark]) => userAgent.includes(mark ?? ''))?.[1]; // prettier-ignore
  if (!browser) return userAgent === '' ? 'Unknown browser' : userAgent.slice(0, 40);
  return system ? `${browser} on ${system}` : browser;
}

/** "Ed25519" for `ssh-ed25519`; security keys say so. Pure. */
export function keyKind(algorithm: string): string {
  const kind = /ed25519/.test(algorithm) ? 'Ed25519' : /ecdsa/.test(algorithm) ? 'ECDSA' : 'RSA';
  return algorithm.startsWith('sk-') ? `${kind} on a security key` : kind;
}
export function addedWords({ added, known }: { added: number; known: number }): string {
  const there = known === 0 ? '' : `, ${known} ${known === 1 ? 'was' : 'were'} there already`;
  return `${added} ${added === 1 ? 'key' : 'keys'} added${there}.`;
}

/** What a person types to get in. Pure. */
export const sshCommand = (login: string, { host, port }: { host: string; port: number }): string =>
  port === 22 ? `ssh ${login}@${host}` : `ssh -p ${port} ${login}@${host}`;
