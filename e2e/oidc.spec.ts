import { expect, test, type Browser, type Page } from '@playwright/test';
import { dashboard, issuer, owner } from './environment.ts';
import { signedIn } from './first-account.ts';
import { startOidcServer, type OidcServer } from './oidc-server.ts';
import { firstOrganization } from './places.ts';
import { Program } from './program.ts';

let server: OidcServer;
let program: Program;
let org: string;
test.beforeAll(async () => {
  server = await startOidcServer(`${dashboard}/api/auth/callback/oidc`);
  program = await signedIn();
  org = await firstOrganization(program);
});
test.afterAll(() => server.close());
test.afterEach(() => {
  server.forge = null;
  expect(server.refusals).toEqual([]);
});

const button = (page: Page) => page.getByRole('button', { name: `Continue with ${issuer.name}` });
/** To the issuer's page and back, with its user's consent. */
async function signInThere(page: Page, answer: 'Allow' | 'Deny' = 'Allow', from = '/sign-in'): Promise<void> {
  await page.goto(from);
  await button(page).click();
  await expect(page.getByText(`Signed in as ${server.user.name}`)).toBeVisible();
  await page.getByRole('button', { name: answer }).click();
  await page.waitForURL((url) => url.origin === dashboard);
}
/** Back on the sign-in page with that sentence, no session, and every way in still there. */
async function expectRefused(page: Page, sentence: RegExp): Promise<void> {
  await expect(page).toHaveURL(/\/sign-in\?/);
  await expect(page.getByRole('alert').filter({ hasText: sentence })).toBeVisible();
  await expect(button(page)).toBeEnabled();
  await expect(page.getByLabel('E-mail')).toBeVisible();
  expect((await page.context().cookies()).filter(({ name }) => name === '__Host-slipway.session')).toEqual([]);
}
const inNewBrowser = async (browser: Browser): Promise<Page> => (await browser.newContext()).newPage();
const projectsPage = (): RegExp => new RegExp(`^${dashboard}/${org}$`);

test('somebody without an account is told so and can go on with another one', async ({ page }) => {
  server.user = { subject: 'stranger', name: 'Sam Stranger', email: 'sam@elsewhere.test', emailVerified: true };
  await signInThere(page);
  await expectRefused(page, /No account here belongs to that sign-in\. Ask an admin for an invitation/);

  await page.getByLabel('E-mail').fill(owner.email);
  await page.getByLabel('Password', { exact: true }).fill(owner.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page).toHaveURL(projectsPage());
});

test('an address that the issuer did not verify opens no account, whoever it belongs to', async ({ browser }) => {
  for (const emailVerified of [false, undefined]) {
    for (const email of [owner.email, owner.email.toUpperCase(), 'sam@elsewhere.test']) {
      const page = await inNewBrowser(browser);
      server.user = {
        subject: 'impostor',
        name: 'Ida Impostor',
        email,
        ...(emailVerified === undefined ? {} : { emailVerified }),
      };
      await signInThere(page);
      await expectRefused(page, /has not verified this e-mail address/);
      await page.context().close();
    }
  }
  // Nothing was kept of it: the same person without any address is a stranger.
  const page = await inNewBrowser(browser);
  server.user = { subject: 'impostor', name: 'Ida Impostor' };
  await signInThere(page);
  await expectRefused(page, /No account here belongs/);
  await page.context().close();
});

test('an invited person joins by signing in, is known again, and is out when the session is revoked', async ({
  page,
  browser,
}) => {
  await program.api.members.invite.mutate({ org, email: 'priya@example.test', role: 'developer' });
  server.user = { subject: 'priya-1', name: 'Priya Shah', email: 'Priya@example.test', emailVerified: true };
  await signInThere(page);
  await expect(page).toHaveURL(projectsPage());
  await expect(page.getByRole('link', { name: 'Projects' }).first()).toBeVisible();
  const members = await program.api.members.list.query({ org });
  expect(members.filter(({ email }) => email === 'priya@example.test')).toMatchObject([
    { name: 'Priya Shah', role: 'developer' },
  ]);
  expect(await program.api.members.invitations.query({ org })).toEqual([]);

  // Known by the issuer's id from now on, also after the address changed there and is not verified yet.
  const other = await inNewBrowser(browser);
  server.user = { subject: 'priya-1', name: 'Priya Shah', email: 'shah@example.test', emailVerified: false };
  await signInThere(other, 'Allow', `/sign-in?next=/${org}/settings/sessions`);
  await expect(other).toHaveURL(`${dashboard}/${org}/settings/sessions`);
  await expect(other.getByText('priya@example.test')).toBeVisible();
  await expect(other.getByText('2 browsers')).toBeVisible();
  await expect(other.getByText('(this one)')).toBeVisible();
  await other.getByRole('button', { name: 'Sign out', exact: true }).and(other.locator('table *')).click();
  await expect(other.getByText('1 browser', { exact: true })).toBeVisible();

  await page.goto(`/${org}`);
  await expect(page).toHaveURL(/\/sign-in/);
  await expect(button(page)).toBeVisible();
  await other.context().close();
});

test('a verified address links the account that has it, once and for all', async ({ browser }) => {
  server.user = { subject: 'anna-1', name: 'A. Berg', email: owner.email, emailVerified: true };
  for (const emailVerified of [true, false]) {
    const page = await inNewBrowser(browser);
    server.user = { ...server.user, emailVerified };
    await signInThere(page, 'Allow', `/sign-in?next=/${org}/settings/sessions`);
    await expect(page.getByText(owner.email)).toBeVisible();
    await expect(page.getByLabel('Your name')).toHaveValue(owner.name);
    await page.context().close();
  }
});

test('who denies at the issuer comes back to the sign-in page', async ({ page }) => {
  await signInThere(page, 'Deny');
  await expectRefused(page, /The sign-in was not finished\. Try again/);
});

test.describe('an answer that is not for this sign-in opens nothing', () => {
  test.beforeEach(() => {
    server.user = { subject: 'anna-1', name: 'Anna Berg', email: owner.email, emailVerified: true };
  });
  const forgeries = {
    'another nonce': { nonce: 'of-another-sign-in' },
    'another client': { aud: 'another-client' },
    'another issuer': { iss: 'https://issuer.example' },
    'an hour ago': { iat: 1_000_000_000, exp: 1_000_003_600 },
  };
  for (const [name, claims] of Object.entries(forgeries)) {
    test(`an ID token of ${name}`, async ({ page }) => {
      server.forge = (honest) => ({ ...honest, ...claims });
      await signInThere(page);
      await expectRefused(page, /The sign-in was not finished\. Try again/);
    });
  }

  test('the answer of somebody else’s browser, and an answer used twice', async ({ page, browser }) => {
    const answers: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/api/auth/callback/oidc?')) answers.push(request.url());
    });
    await signInThere(page);
    await expect(page).toHaveURL(projectsPage());
    const [answer = ''] = answers;
    expect(answer).toContain('code=');
    const other = await inNewBrowser(browser);
    await other.goto(answer);
    await expectRefused(other, /The sign-in was not finished/);
    await other.context().close();
    await page.context().clearCookies({ name: '__Host-slipway.session' });
    await page.goto(answer);
    await expectRefused(page, /The sign-in was not finished/);
  });
});

test('an issuer that does not answer is named as the reason', async ({ page }) => {
  await server.close();
  try {
    await page.goto('/sign-in');
    await button(page).click();
    await expectRefused(page, /The sign-in service does not answer/);
  } finally {
    server = await startOidcServer(`${dashboard}/api/auth/callback/oidc`);
  }
});
