/** `npm run code`: shows the one-time code of the first run again, until it was used. */
import { openDatabase } from '#server/db/client.ts';
import { main, Stop } from './bootstrap/screen.mjs';
import { readEnvironment, stateFolder } from './bootstrap/settings.mjs';
import { ensureSetupCode } from './platform/facts.ts';

await main(async () => {
  const stateDir = stateFolder();
  const url = readEnvironment(stateDir)['DATABASE_URL'];
  if (!url) throw new Stop('Slipway was not started here yet. Run: npm run up');
  const database = openDatabase(url, { name: 'code', max: 1 });
  try {
    const code = await ensureSetupCode(database.db, stateDir);
    if (!code)
      throw new Stop('The setup code was used: the first account exists. Sign in, or ask its owner to invite you.');
    console.log(code);
  } finally {
    await database.close();
  }
});
