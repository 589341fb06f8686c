/**
 * Is this signature of that key? Over Node's own crypto, for exactly the algorithms that `public-keys.ts` takes. Strict
 * about which algorithm signs for which key: RSA with SHA-1, and a signature of another kind, are no proof of anything.
 */
import { createHash, createPublicKey, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { problemOfBlob, stringsOf } from '#server/ssh/public-keys.ts';

export interface Proof {
  /** The key as it was offered. */
  blob: Buffer;
  /** Of the signature, after the aliases of RSA are resolved: `ssh-rsa` with the hash that was named. */
  algorithm: string;
  hash: string | undefined;
  signature: Buffer;
  /** What was signed: session id and request. */
  signed: Buffer;
}
const hashOfCurve: Record<string, string> = {
  'ecdsa-sha2-nistp256': 'sha256', 'ecdsa-sha2-nistp384': 'sha384', 'ecdsa-sha2-nistp521': 'sha512',
}; // prettier-ignore
const nameOfCurve: Record<string, string> = { nistp256: 'P-256', nistp384: 'P-384', nistp521: 'P-521' };

/** True only for a good signature; false for anything else, malformed input included. Never throws. */
export function isProven(proof: Proof): boolean {
  try {
    if (problemOfBlob(proof.blob) !== null) return false;
    const [name, ...fields] = stringsOf(proof.blob) ?? [];
    if (name?.toString('latin1') !== proof.algorithm) return false;
    return judge(proof, fields) === true; // `verify` may answer with more than a boolean in other libraries
  } catch {
    return false;
  }
}

function judge({ algorithm, hash, signature, signed }: Proof, fields: readonly Buffer[]): boolean {
  switch (algorithm) {
    case 'ssh-ed25519':
      return signature.length === 64 && verify(null, signed, ed25519(fields[0]), signature);
    case 'ssh-rsa':
      return (hash === 'sha256' || hash === 'sha512') && verify(hash, signed, rsa(fields), signature);
    case 'sk-ssh-ed25519@openssh.com':
    case 'sk-ecdsa-sha2-nistp256@openssh.com':
      return bySecurityKey(algorithm, fields, signature, signed);
    default: {
      const digest = hashOfCurve[algorithm];
      return digest !== undefined && verify(digest, signed, elliptic(fields), derOf(signature));
    }
  }
}

const flagsAndCounter = 5;
const userWasThere = 1;
/** OpenSSH's PROTOCOL.u2f: the token signs the application, flags, a counter and the hash of what is to be signed. */
function bySecurityKey(algorithm: string, fields: readonly Buffer[], signature: Buffer, signed: Buffer): boolean {
  const application = fields.at(-1);
  if (!application || signature.length <= flagsAndCounter) return false;
  const tail = signature.subarray(-flagsAndCounter);
  if (((tail[0] ?? 0) & userWasThere) === 0) return false;
  const digest = (data: Buffer): Buffer => createHash('sha256').update(data).digest();
  const message = Buffer.concat([digest(application), tail, digest(signed)]);
  const own = signature.subarray(0, -flagsAndCounter);
  if (algorithm === 'sk-ssh-ed25519@openssh.com')
    return own.length === 64 && verify(null, message, ed25519(fields[0]), own);
  return verify('sha256', message, elliptic(fields), derOf(own));
}

const base64url = (bytes: Buffer | undefined): string => (bytes ?? Buffer.alloc(0)).toString('base64url');
const ed25519 = (bytes: Buffer | undefined): KeyObject =>
  createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: base64url(bytes) }, format: 'jwk' });
function rsa([exponent, modulus]: readonly Buffer[]): KeyObject {
  const unsigned = (number: Buffer | undefined): Buffer | undefined =>
    number?.[0] === 0 ? number.subarray(1) : number;
  return createPublicKey({
    key: { kty: 'RSA', e: base64url(unsigned(exponent)), n: base64url(unsigned(modulus)) },
    format: 'jwk',
  });
}
function elliptic([curve, point]: readonly Buffer[]): KeyObject {
  const half = ((point?.length ?? 1) - 1) / 2;
  const x = base64url(point?.subarray(1, 1 + half));
  const y = base64url(point?.subarray(1 + half));
  return createPublicKey({ key: { kty: 'EC', crv: nameOfCurve[String(curve)] ?? '', x, y }, format: 'jwk' });
}

/** An ECDSA signature in DER, whether it comes as the two numbers of SSH or in DER already. */
function derOf(signature: Buffer): Buffer {
  const [r, s, more] = stringsOf(signature) ?? [];
  if (!r || !s || more) return signature;
  const integer = (number: Buffer): Buffer => Buffer.concat([Buffer.from([2, number.length]), number]);
  const body = Buffer.concat([integer(r), integer(s)]);
  const length = body.length < 128 ? [body.length] : [0x81, body.length];
  return Buffer.concat([Buffer.from([0x30, ...length]), body]);
}
