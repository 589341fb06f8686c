/** What `up` writes into the database: who this installation is, its region, and the first run's code. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { eq, sql } from 'drizzle-orm';
import type { Db } from '#server/db/client.ts';
import { platformFacts, regions } from '#server/db/schema/index.ts';
import { hashSetupCode, newSetupCode } from '#server/auth/setup-code.ts';
import { newId } from '#server/ids.ts';
import type { Reachability } from './reachability.ts';
import { newInstallation, parseInstallation, readInstallation, statePaths, writeInstallation, writePrivate, type Installation } from './state.ts'; // prettier-ignore

async function readFact(db: Db, key: string): Promise<Record<string, unknown> | null> {
  const [row] = await db.select().from(platformFacts).where(eq(platformFacts.key, key));
  return row?.value ?? null;
}

/** The database decides who this installation is; the file repeats it for the agent. */
export async function ensureInstallation(db: Db, stateDir: string): Promise<Installation> {
  const proposed = readInstallation(stateDir) ?? newInstallation();
  await db
    .insert(platformFacts)
    .values({ key: 'installation', value: { ...proposed } })
    .onConflictDoNothing();
  const installation = parseInstallation(await readFact(db, 'installation'));
  writeInstallation(stateDir, installation);
  return installation;
}

/**
 * The region of this machine, with the addresses at which its edge is reached now. The configured slots count when the
 * region is made and whenever the setting changes: in between what operators set on their page stays.
 */
export async function ensureLocalRegion(db: Db, reachability: Reachability, buildSlots: number): Promise<void> {
  const reached = {
    appsDomain: reachability.appsDomain,
    appsScheme: reachability.appsScheme,
    appsPort: reachability.appsPort,
  };
  const fact = { key: 'build-slots', value: { configured: buildSlots } };
  const before = await readFact(db, fact.key);
  const slots = before?.['configured'] === buildSlots ? {} : { buildSlots };
  await db
    .insert(regions)
    .values({ id: newId('region'), slug: 'local', name: 'This machine', ...reached, buildSlots })
    .onConflictDoUpdate({ target: regions.slug, set: { ...reached, ...slots } });
  await db
    .insert(platformFacts)
    .values(fact)
    .onConflictDoUpdate({ target: platformFacts.key, set: { value: fact.value } });
}

const codeFile = (stateDir: string): string => path.join(statePaths(stateDir).secrets, 'setup-code');

/**
 * The one-time code of the first run, made once; null when it was used. The database holds its hash, the state folder
 * the code itself until then, so that `npm run code` can show it again.
 */
export async function ensureSetupCode(db: Db, stateDir: string): Promise<string | null> {
  const file = codeFile(stateDir);
  const fact = await readFact(db, 'setup');
  if (fact && typeof fact['closedAt'] === 'string') {
    rmSync(file, { force: true });
    return null;
  }
  const kept = existsSync(file) ? readFileSync(file, 'utf8').trim() : null;
  if (kept && fact?.['codeHash'] === hashSetupCode(kept)) return kept;
  const code = newSetupCode();
  writePrivate(file, `${code}\n`);
  const value = { codeHash: hashSetupCode(code), closedAt: null };
  await db
    .insert(platformFacts)
    .values({ key: 'setup', value })
    .onConflictDoUpdate({
      target: platformFacts.key,
      set: { value },
      setWhere: sql`${platformFacts.value} ->> 'closedAt' is null`, // somebody may be using the old code right now
    });
  return code;
}
