/** Public keys as people paste them: parsed to the exact bytes that a client offers, weak and unknown ones refused. Pure. */
import { createHash } from 'node:crypto';

export interface PublicKey {
  algorithm: KeyAlgorithm;
  /** The wire form (RFC 4253, 6.6): what a client offers and what is looked up, byte for byte. */
  blob: Buffer;
  /** `SHA256:…`, as `ssh-keygen -l` prints it. */
  fingerprint: string;
  comment: string;
}
/** Ed25519, ECDSA, RSA of 2048 bits or more, and both kinds of security keys. DSA and certificates are not taken. */
export const keyAlgorithms = [
  'ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'ssh-rsa',
  'sk-ssh-ed25519@openssh.com', 'sk-ecdsa-sha2-nistp256@openssh.com',
] as const; // prettier-ignore
export type KeyAlgorithm = (typeof keyAlgorithms)[number];

const leastRsaBits = 2048;
const mostRsaBits = 16_384;
const mostBlobBytes = 4096;
const curves: Partial<Record<KeyAlgorithm, { name: string; bytes: number }>> = {
  'ecdsa-sha2-nistp256': { name: 'nistp256', bytes: 65 },
  'ecdsa-sha2-nistp384': { name: 'nistp384', bytes: 97 },
  'ecdsa-sha2-nistp521': { name: 'nistp521', bytes: 133 },
  'sk-ecdsa-sha2-nistp256@openssh.com': { name: 'nistp256', bytes: 65 },
};

/** The length-prefixed strings of a blob; null when a length runs over the end. */
export function stringsOf(blob: Buffer): Buffer[] | null {
  const parts: Buffer[] = [];
  for (let at = 0; at < blob.length;) {
    if (at + 4 > blob.length) return null;
    const end = at + 4 + blob.readUInt32BE(at);
    if (end > blob.length) return null;
    parts.push(blob.subarray(at + 4, end));
    at = end;
  }
  return parts;
}

export const fingerprintOf = (blob: Buffer): string =>
  `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;

const isAlgorithm = (name: string): name is KeyAlgorithm => keyAlgorithms.some((known) => known === name);

/** Why the blob is not a key that may sign in, or null when it is one of the algorithm that it names. */
export function problemOfBlob(blob: Buffer): string | null {
  const parts = blob.length > mostBlobBytes ? null : stringsOf(blob);
  const damaged = 'The key is cut off or damaged.';
  if (!parts) return damaged;
  const [name, ...fields] = parts;
  const algorithm = name?.toString('latin1') ?? '';
  if (!isAlgorithm(algorithm)) return 'This kind of key is not taken: use Ed25519, ECDSA or RSA.';
  const isSecurityKey = algorithm.startsWith('sk-');
  const lengths = isSecurityKey ? fields.slice(0, -1) : fields;
  if (isSecurityKey && (fields.at(-1)?.length ?? 0) === 0) return damaged;
  if (algorithm === 'ssh-rsa') return problemOfRsa(fields) ?? null;
  const curve = curves[algorithm];
  if (!curve) return lengths.length === 1 && lengths[0]?.length === 32 ? null : damaged;
  const [given, point] = lengths;
  const isPoint = lengths.length === 2 && point?.length === curve.bytes && point[0] === 4;
  return isPoint && given?.toString('latin1') === curve.name ? null : damaged;
}

function problemOfRsa(fields: readonly Buffer[]): string | null {
  const [exponent, modulus] = fields;
  if (fields.length !== 2 || !exponent || !modulus || exponent.length > 8) return 'The key is cut off or damaged.';
  const bits = bitLength(modulus);
  if (bits < leastRsaBits) return `This RSA key has ${bits} bits; the least is ${leastRsaBits}.`;
  return bits > mostRsaBits ? `This RSA key has more than ${mostRsaBits} bits.` : null;
}

function bitLength(number: Buffer): number {
  const first = number.findIndex((byte) => byte !== 0);
  return first === -1 ? 0 : (number.length - first - 1) * 8 + (32 - Math.clz32(number[first] ?? 0));
}

export type ParsedLine = { ok: true; key: PublicKey } | { ok: false; line: number; problem: string };

/**
 * One result per key line of a pasted text, which may be a whole `authorized_keys` file: empty lines and comments are
 * passed over, options before a key are refused, because we would not obey them.
 */
export function parsePublicKeys(text: string): ParsedLine[] {
  const results: ParsedLine[] = [];
  for (const [index, raw] of text.split(/\r\n|\r|\n/).entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const parsed = parseLine(line);
    results.push(typeof parsed === 'string' ? { ok: false, line: index + 1, problem: parsed } : { ok: true, key: parsed }); // prettier-ignore
  }
  return results;
}

function parseLine(line: string): PublicKey | string {
  if (/PRIVATE KEY/.test(line))
    return 'This is a private key. Keep it to yourself and paste the file that ends in .pub.';
  const [algorithm = '', encoded = '', ...rest] = line.split(/[ \t]+/);
  if (!isAlgorithm(algorithm)) {
    if (/^(?:ssh-|ecdsa-|sk-)/.test(algorithm)) return 'This kind of key is not taken: use Ed25519, ECDSA or RSA.';
    return 'This is not a public key. It begins with ssh-ed25519, ecdsa-sha2- or ssh-rsa.';
  }
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return 'The key is cut off or damaged.';
  const blob = Buffer.from(encoded, 'base64');
  const problem = problemOfBlob(blob);
  if (problem !== null) return problem;
  if (stringsOf(blob)?.[0]?.toString('latin1') !== algorithm) return 'The key is of another kind than it says.';
  const comment = rest.join(' ').replace(/[\p{Cc}\p{Cf}]/gu, '').slice(0, 60); // prettier-ignore
  return { algorithm, blob, fingerprint: fingerprintOf(blob), comment };
}
