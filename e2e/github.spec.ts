import { expect, test, type Page } from '@playwright/test';
import { dashboard, owner } from './environment.ts';
import { signedIn } from './first-account.ts';
import { startGithubServer, type GithubServer } from './github-server.ts';
import { firstOrganization } from './places.ts';

let server: GithubServer;
let org: string;
test.beforeAll(async () => {
  server = await startGithubServer(`${dashboard}/api/auth/callback/github`);
  org = await firstOrganization(await signedIn());
});
test.afterAll(() => server.close());

const signInThere = async (page: Page): Promise<void> => {
  await page.goto('/sign-in');
  await page.getByRole('button', { name: 'Continue with GitHub' }).click();
  await page.waitForURL((url) => url.origin === dashboard && !url.pathname.startsWith('/api/'));
};
const email = (address: string, verified: boolean, primary = true) =>
  ({ email: address, primary, verified, visibility: null }) as const;

test('GitHub’s verified primary address signs its account in, and the account is known by its number afterwards', async ({
  page,
  browser,
}) => {
  server.user = { id: 583_231, login: 'aberg', name: null, emails: [email('else@example.test', true, false), email(owner.email, true)] }; // prettier-ignore
  await signInThere(page);
  await expect(page).toHaveURL(`${dashboard}/${org}`);
  const other = await (await browser.newContext()).newPage();
  server.user = { id: 583_231, login: 'renamed', name: 'Renamed', emails: [email('new@example.test', false)] };
  await signInThere(other);
  await expect(other).toHaveURL(`${dashboard}/${org}`);
  await other.context().close();
});

test('an address that is not primary or not verified at GitHub opens nobody’s account', async ({ page }) => {
  for (const [index, emails] of [[email(owner.email, false)], [email('x@example.test', true), email(owner.email, true, false)], []].entries()) {
    server.user = { id: 900 + index, login: 'impostor', name: 'Ida Impostor', emails };
    await signInThere(page);
    await expect(page).toHaveURL(/\/sign-in\?/);
    await expect(page.getByRole('alert').first()).toBeVisible();
    expect((await page.context().cookies()).some(({ name }) => name === '__Host-slipway.session')).toBe(false);
  }
}); // prettier-ignore
