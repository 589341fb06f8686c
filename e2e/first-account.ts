/** The first account of the installation, made once for all specs; specs that need a program sign in with it. */
import type { Page } from '@playwright/test';
import { npmRun } from './installation.ts';
import { owner } from './environment.ts';
import { Program } from './program.ts';

/** The one-time code that the console shows. */
export async function setupCode(): Promise<string> {
  const shown = await npmRun('code');
  const code = /[a-z0-9]{5}(?:-[a-z0-9]{5}){3}/u.exec(shown)?.[0];
  if (!code) throw new Error(`npm run code showed no code:\n${shown}`);
  return code;
}

/** A signed-in program; creates the account when first run is still open. */
export async function signedIn(): Promise<Program> {
  const program = new Program();
  const { open } = await program.api.setup.status.query();
  if (open) await program.api.setup.complete.mutate({ code: await setupCode(), ...owner, organization: 'Workshop' });
  await program.signIn();
  return program;
}

/** Signs the browser in by the sign-in page. */
export async function signInPage(page: Page): Promise<void> {
  await signedIn();
  await page.goto('/sign-in');
  await page.getByLabel('E-mail').fill(owner.email);
  await page.getByLabel('Password', { exact: true }).fill(owner.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'));
}
