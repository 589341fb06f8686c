/** The gateway's host keys: made once by `up`, sealed in the database, never made anew while they are there. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { eq } from 'drizzle-orm';
import type { Db } from '#server/db/client.ts';
import { platformFacts } from '#server/db/schema/platform.ts';
import { generateDeployKeyPair } from '#server/auth/deploy-key.ts';
import { AppError } from '#server/errors.ts';
import { seal, unseal } from '#server/secret.ts';
import { fingerprintOf } from '#server/ssh/public-keys.ts';

const factKey = 'ssh-host-keys';
const kinds = ['ed25519', 'ecdsa'] as const;
const context = (kind: string): string => `ssh-host-key/${kind}`;

/** Makes the keys unless they are there; two at once end with the same. The fingerprint that people compare. */
export async function ensureHostKeys(db: Db, key: Buffer): Promise<string> {
  const [present] = await db
    .select({ key: platformFacts.key })
    .from(platformFacts)
    .where(eq(platformFacts.key, factKey));
  if (!present) {
    const ed25519 = generateDeployKeyPair();
    const blob = ed25519.publicKey.split(' ')[1] ?? '';
    const ecdsa = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'sec1', format: 'pem' });
    const value = {
      ed25519: seal(key, context('ed25519'), ed25519.privateKey.reveal()),
      ecdsa: seal(key, context('ecdsa'), ecdsa.toString()),
      fingerprint: fingerprintOf(Buffer.from(blob, 'base64')),
      id: randomBytes(6).toString('hex'),
    };
    await db.insert(platformFacts).values({ key: factKey, value }).onConflictDoNothing();
  }
  const value = await readFact(db);
  return String(value['fingerprint']);
}

/** In the order of preference. @throws AppError unavailable before the first `up` made them */
export async function readHostKeys(db: Db, key: Buffer): Promise<string[]> {
  const value = await readFact(db);
  return kinds.map((kind) => unseal(key, context(kind), String(value[kind])).reveal());
}

async function readFact(db: Db): Promise<Record<string, unknown>> {
  const [row] = await db.select({ value: platformFacts.value }).from(platformFacts).where(eq(platformFacts.key, factKey)); // prettier-ignore
  if (!row) throw new AppError('unavailable', 'The SSH host keys are missing. Run `npm run up`.');
  return row.value;
}
