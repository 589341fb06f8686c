import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { exec } from '#server/exec.ts';
import { fingerprintOf, parsePublicKeys, type PublicKey } from '#server/ssh/public-keys.ts';
import { isProven } from '#server/ssh/signatures.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'slipway-keys-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let made = 0;
async function keygen(...args: string[]): Promise<{ line: string; fingerprint: string }> {
  const file = path.join(folder, `k${(made += 1)}`);
  const { exitCode, stderr } = await exec('ssh-keygen', ['-q', '-N', '', '-C', 'anna@laptop', '-f', file, ...args]);
  expect(stderr, 'ssh-keygen').toBe('');
  expect(exitCode).toBe(0);
  const { stdout } = await exec('ssh-keygen', ['-l', '-f', `${file}.pub`]);
  return { line: readFileSync(`${file}.pub`, 'utf8'), fingerprint: stdout.split(' ')[1] ?? '' };
}
const only = (text: string): PublicKey => {
  const [first, ...rest] = parsePublicKeys(text);
  if (!first?.ok || rest.length > 0) throw new Error(JSON.stringify(first));
  return first.key;
};
const problem = (text: string): string => {
  const [first] = parsePublicKeys(text);
  return !first || first.ok ? '' : first.problem;
};
const text = (value: Buffer | string): Buffer => {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

describe('pasted keys', () => {
  test.each([['-t', 'ed25519'], ['-t', 'ecdsa', '-b', '256'], ['-t', 'ecdsa', '-b', '384'], ['-t', 'ecdsa', '-b', '521'], ['-t', 'rsa', '-b', '2048']])(
    'what ssh-keygen makes is taken, with its fingerprint and comment: %s %s %s %s',
    async (...args) => {
      const { line, fingerprint } = await keygen(...args.filter((arg) => typeof arg === 'string'));
      const key = only(line);
      expect(key.fingerprint).toBe(fingerprint);
      expect(key.comment).toBe('anna@laptop');
    },
  ); // prettier-ignore

  test('security keys are taken', () => {
    const ed = Buffer.concat([text('sk-ssh-ed25519@openssh.com'), text(randomBytes(32)), text('ssh:')]);
    expect(only(`sk-ssh-ed25519@openssh.com ${ed.toString('base64')}`).algorithm).toBe('sk-ssh-ed25519@openssh.com');
  });

  test('a whole file of keys gives one result per key, comments and empty lines none', async () => {
    const [one, two] = [await keygen('-t', 'ed25519'), await keygen('-t', 'ed25519')];
    const results = parsePublicKeys(`# mine\r\n${one.line}\n\n${two.line}nonsense\n`);
    expect(results.map((result) => (result.ok ? 'key' : result.line))).toEqual(['key', 'key', 6]);
  });

  test('weak, old, private, cut and foreign ones are refused with the reason', async () => {
    const { line } = await keygen('-t', 'ed25519');
    expect(problem((await keygen('-t', 'rsa', '-b', '1024')).line)).toContain('1024 bits');
    expect(problem(`ssh-dss ${text('ssh-dss').toString('base64')}`)).toContain('kind of key');
    expect(problem('-----BEGIN OPENSSH PRIVATE KEY-----')).toContain('private key');
    expect(problem(line.slice(0, 50))).toContain('cut off');
    expect(problem(`ecdsa-sha2-nistp256 ${line.split(' ')[1] ?? ''}`)).toContain('another kind');
    expect(problem(`command="x" ${line}`)).toContain('not a public key');
    expect(problem(`ssh-ed25519-cert-v01@openssh.com ${line.split(' ')[1] ?? ''}`)).toContain('kind of key');
  });
});

describe('signatures', () => {
  const pair = generateKeyPairSync('ed25519');
  const x = Buffer.from(pair.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const blob = Buffer.concat([text('ssh-ed25519'), text(x)]);
  const signed = randomBytes(200);
  const good = { blob, algorithm: 'ssh-ed25519', hash: undefined, signature: sign(null, signed, pair.privateKey), signed }; // prettier-ignore

  test('the right one proves', () => expect(isProven(good)).toBe(true));
  test.each([
    ['over other data', { signed: randomBytes(200) }],
    ['empty', { signature: Buffer.alloc(0) }],
    ['of another key', { signature: sign(null, signed, generateKeyPairSync('ed25519').privateKey) }],
    ['too long', { signature: Buffer.concat([good.signature, Buffer.alloc(1)]) }],
    ['claimed as RSA', { algorithm: 'ssh-rsa', hash: 'sha512' }],
    ['claimed as ECDSA', { algorithm: 'ecdsa-sha2-nistp256' }],
    ['of an algorithm that is none', { algorithm: 'constructor' }],
    ['of an empty key', { blob: Buffer.alloc(0) }],
    ['of a key with a length over its end', { blob: Buffer.from([0, 0, 255, 255, 1]) }],
  ])('one %s proves nothing', (_name, change) => expect(isProven({ ...good, ...change })).toBe(false));

  test('RSA proves with SHA-2 and not with SHA-1', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const { n = '', e = '' } = rsa.publicKey.export({ format: 'jwk' });
    const number = (value: string): Buffer => text(Buffer.concat([Buffer.alloc(1), Buffer.from(value, 'base64url')]));
    const key = Buffer.concat([text('ssh-rsa'), text(Buffer.from(e, 'base64url')), number(n)]);
    const proof = (hash: string | undefined) => ({
      blob: key, algorithm: 'ssh-rsa', hash, signature: sign(hash ?? 'sha1', signed, rsa.privateKey), signed,
    }); // prettier-ignore
    expect(['sha256', 'sha512', 'sha1', undefined].map((hash) => isProven(proof(hash)))).toEqual([true, true, false, false]); // prettier-ignore
  });

  test('a security key proves when somebody touched it', () => {
    const key = Buffer.concat([text('sk-ssh-ed25519@openssh.com'), text(x), text('ssh:')]);
    const hash = (data: Buffer | string): Buffer => createHash('sha256').update(data).digest();
    const proof = (flags: number) => {
      const tail = Buffer.from([flags, 0, 0, 0, 9]);
      const own = sign(null, Buffer.concat([hash('ssh:'), tail, hash(signed)]), pair.privateKey);
      return { blob: key, algorithm: 'sk-ssh-ed25519@openssh.com', hash: undefined, signature: Buffer.concat([own, tail]), signed }; // prettier-ignore
    };
    expect(isProven(proof(1))).toBe(true);
    expect(isProven(proof(0))).toBe(false);
  });

  test('the fingerprint is of the whole key', () => expect(fingerprintOf(blob)).not.toBe(fingerprintOf(Buffer.concat([blob, blob])))); // prettier-ignore
});
