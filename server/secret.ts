/**
 * Secrets: a type that cannot be printed, and encryption at rest (AES-256-GCM; the associated data binds a ciphertext
 * to its organization, row and purpose, so that two ciphertexts cannot be swapped).
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { brandOf, isBranded } from '#server/brand.ts';
import { AppError } from '#server/errors.ts';

const brand = brandOf('Secret');
export class Secret {
  readonly [brand] = true;
  static [Symbol.hasInstance](value: unknown): boolean {
    return isBranded(value, brand);
  }
  readonly #value: string;
  constructor(value: string) {
    this.#value = value;
  }
  /** The only way to the value; call it at the place of use and keep the result out of logs and errors. */
  reveal(): string {
    return this.#value;
  }
  toString(): string {
    return '[secret]';
  }
  toJSON(): string {
    return '[secret]';
  }
  [inspect.custom](): string {
    return '[secret]';
  }
}

/** A key for one purpose, derived from the master secret; keys of different purposes never mix. */
export const deriveKey = (master: Secret, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', master.reveal(), 'slipway', purpose, 32));

/** @param context what the ciphertext belongs to, e.g. `org_1/var_2`. Returns `v1.<iv>.<tag>.<data>`, base64url. */
export function seal(key: Buffer, context: string, value: string): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(context));
  const data = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
  return ['v1', ...[iv, cipher.getAuthTag(), data].map((part) => part.toString('base64url'))].join('.');
}

/** @throws AppError internal when the text was changed, or belongs to another context or key. */
export function unseal(key: Buffer, context: string, sealed: string): Secret {
  const [version, iv, tag, data] = sealed.split('.');
  if (version !== 'v1' || !iv || !tag || data === undefined)
    throw new AppError('internal', 'A stored secret is damaged.');
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(iv, 'base64url'))
      .setAAD(Buffer.from(context))
      .setAuthTag(Buffer.from(tag, 'base64url'));
    return new Secret(
      Buffer.concat([decipher.update(Buffer.from(data, 'base64url')), decipher.final()]).toString('utf8'),
    );
  } catch (cause) {
    throw new AppError('internal', 'A stored secret cannot be read with this key.', { cause });
  }
}
