/** Deploy keys: Ed25519 in OpenSSH's own format, which every version of ssh reads. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { Secret } from '#server/secret.ts';

const text = (value: Buffer | string): Buffer => {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};
const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

export interface DeployKey {
  /** `ssh-ed25519 AAAA… slipway` */
  publicKey: string;
  privateKey: Secret;
}
export function generateDeployKeyPair(): DeployKey {
  const pair = generateKeyPairSync('ed25519');
  const jwk = pair.privateKey.export({ format: 'jwk' });
  const publicBytes = Buffer.from(jwk.x ?? '', 'base64url');
  const seed = Buffer.from(jwk.d ?? '', 'base64url');
  const publicBlob = Buffer.concat([text('ssh-ed25519'), text(publicBytes)]);
  const check = randomBytes(4);
  const inner = Buffer.concat([check, check, publicBlob, text(Buffer.concat([seed, publicBytes])), text('slipway')]);
  const padding = Buffer.from(Array.from({ length: (8 - (inner.length % 8)) % 8 }, (_, index) => index + 1));
  const file = Buffer.concat([
    Buffer.from('openssh-key-v1\0'), text('none'), text('none'), text(''), number(1), text(publicBlob), text(Buffer.concat([inner, padding])),
  ]); // prettier-ignore
  const lines = file.toString('base64').match(/.{1,70}/g) ?? [];
  return {
    publicKey: `ssh-ed25519 ${publicBlob.toString('base64')} slipway`,
    privateKey: new Secret(
      `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join('\n')}\n-----END OPENSSH PRIVATE KEY-----\n`,
    ),
  };
}
