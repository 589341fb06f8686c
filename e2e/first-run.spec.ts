import { expect, test } from '@playwright/test';
import { owner, ports } from './environment.ts';
import { setupCode } from './first-account.ts';
import { send } from './load.ts';

test('from the one-time code to a running app, and a changed variable that answers after the next deploy', async ({
  page,
}) => {
  await page.goto('/');
  await page.getByLabel('Setup code').fill(await setupCode());
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByLabel('Your name').fill(owner.name);
  await page.getByLabel('E-mail').fill(owner.email);
  await page.getByLabel('Password', { exact: true }).fill(owner.password);
  await page.getByLabel('Organization').fill('Workshop');
  await page.getByRole('button', { name: 'Create account' }).click();

  await expect(page.getByRole('heading', { name: 'Choose where it starts' })).toBeVisible();
  await page
    .locator('label', { has: page.getByRole('radio', { name: /Node/ }) })
    .first()
    .click();
  await expect(page.getByRole('heading', { name: 'Check the settings' })).toBeVisible();
  await page.getByLabel('Name', { exact: true }).fill('Hello');
  await page.getByRole('button', { name: 'Deploy', exact: true }).first().click();

  await expect(page).toHaveURL(/\/workshop\/hello\/production\/releases\/1/);
  await expect(page.getByText('npm ci').first()).toBeVisible({ timeout: 120_000 });
  const open = page.getByRole('link', { name: /Open/ }).first();
  await expect(open).toBeVisible({ timeout: 120_000 });
  const host = new URL((await open.getAttribute('href')) ?? '').hostname;
  expect((await send({ host, port: ports.http }, { path: '/' })).status).toBe(200);

  await page.goto('/workshop/hello/production/variables');
  await page.getByRole('button', { name: /New variable/ }).click();
  await page.getByRole('textbox', { name: 'Key' }).fill('APP_GREETING');
  await page.getByRole('textbox', { name: 'Value' }).fill('Good morning, harbour');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('APP_GREETING').first()).toBeVisible();
  await page.getByRole('button', { name: 'Deploy', exact: true }).first().click();
  await expect
    .poll(async () => (await send({ host, port: ports.http }, { path: '/' })).body, { timeout: 60_000 })
    .toContain('Good morning, harbour');
});

test('the setup code works once, and the page closes after it', async ({ page }) => {
  await page.goto('/setup');
  await expect(page.getByLabel('Setup code')).toHaveCount(0);
});
