/** Deploy keys: an ed25519 pair, the private half in OpenSSH's own format, because ssh reads no other for this type. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { Secret } from '#server/secret.ts';

export interface DeployKey {
  /** For the repository's settings: `ssh-ed25519 AAAA… comment`. */
  publicKey: string;
  privateKey: Secret;
}

const keyType = Buffer.from('ssh-ed25519');

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const lengthAndBytes = (bytes: Buffer): Buffer => Buffer.concat([uint32(bytes.length), bytes]);

/** PROTOCOL.key of OpenSSH, without a passphrase. */
function privateKeyFile(seed: Buffer, publicBytes: Buffer, publicBlob: Buffer, comment: Buffer): string {
  const check = randomBytes(4);
  const fields = [keyType, publicBytes, Buffer.concat([seed, publicBytes]), comment].map(lengthAndBytes);
  const section = Buffer.concat([check, check, ...fields]);
  const padding = Buffer.from(Array.from({ length: (8 - (section.length % 8)) % 8 }, (_, index) => index + 1));
  const none = lengthAndBytes(Buffer.from('none'));
  const file = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    none, // cipher
    none, // key derivation
    uint32(0), // its options
    uint32(1), // number of keys
    lengthAndBytes(publicBlob),
    lengthAndBytes(Buffer.concat([section, padding])),
  ]);
  const lines = file.toString('base64').match(/.{1,70}/g) ?? [];
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n');
}

/** A new pair. @param comment one word that tells where the key is used, like an id; other characters become `-`. */
export function newDeployKey(comment: string): DeployKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const publicBytes = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const seed = Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url');
  const word = comment.replace(/[^A-Za-z0-9_.@-]/g, '-').slice(0, 100);
  const blob = Buffer.concat([keyType, publicBytes].map(lengthAndBytes));
  return {
    publicKey: `ssh-ed25519 ${blob.toString('base64')} ${word}`,
    privateKey: new Secret(privateKeyFile(seed, publicBytes, blob, Buffer.from(word))),
  };
}
