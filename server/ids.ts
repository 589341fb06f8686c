import { randomBytes, randomInt } from 'node:crypto';

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'; // Crockford base 32, lower case

/** Every kind of row and its prefix; an id says what it is. */
export const idPrefixes = {
  user: 'usr', session: 'ses', organization: 'org', region: 'reg', project: 'prj', repository: 'rep',
  credential: 'crd', component: 'cmp', deployment: 'dep', variable: 'var', release: 'rel', artifact: 'art',
  instance: 'ins', volume: 'vol', dataJob: 'dat', dumpSchedule: 'sch', logStream: 'log', audit: 'aud', installation: 'inst', invitation: 'inv', tag: 'tag',
  sshKey: 'key',
} as const; // prettier-ignore
export type IdKind = keyof typeof idPrefixes;

/**
 * A new id: prefix, `_`, 26 characters (48 bits of milliseconds, 80 random bits). Sorts by time of creation; only
 * `[a-z0-9_]`, so it is safe as a file name and as an engine object's name.
 */
export function newId(kind: IdKind, now: number = Date.now()): string {
  let time = '';
  for (let rest = now, i = 0; i < 10; i += 1, rest = Math.floor(rest / 32)) time = alphabet.charAt(rest % 32) + time;
  const random = Array.from(randomBytes(16), (byte) => alphabet.charAt(byte % 32)).join('');
  return `${idPrefixes[kind]}_${time}${random}`;
}

/** A short random suffix for handles: lower-case letters and digits without look-alikes. */
export const randomSuffix = (length: number): string =>
  Array.from({ length }, () => alphabet.charAt(randomInt(32))).join('');
