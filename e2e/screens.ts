/**
 * Pictures of every page, at both widths and in both themes, into `docs/screens/`. Run after `next build`:
 * `node e2e/screens.ts [name…]`. The data comes from `seed.ts`.
 */
import { mkdirSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { startStack } from '#e2e/screens-stack.ts';
import { freePort } from '#tools/free-port.ts';

interface Screen {
  name: string;
  path: string;
  /** What is done before the picture. */
  act?: (page: Page) => Promise<void>;
}
const production = '/northwind/shop/production';
const screens: readonly Screen[] = [
  { name: 'projects', path: '/northwind' },
  { name: 'new-project', path: '/northwind/new', act: (page) => page.getByText('Node.js', { exact: true }).click() },
  {
    name: 'new-project-image',
    path: '/northwind/new',
    act: async (page) => {
      const image = page.getByRole('textbox', { name: 'Image' });
      await image.fill(`registry.example.net/northwind/mailer:3.1@sha256:${'4f2c91e07ab85d36'.repeat(4)}`);
      await image.scrollIntoViewIfNeeded();
      await page.getByRole('button', { name: 'Deploy' }).last().scrollIntoViewIfNeeded();
    },
  },
  { name: 'project', path: '/northwind/shop' },
  { name: 'new-deployment', path: '/northwind/shop?new' },
  { name: 'overview', path: production },
  { name: 'overview-failed-first', path: '/northwind/search/production' },
  { name: 'releases', path: `${production}/releases` },
  { name: 'release-live', path: `${production}/releases/5` },
  { name: 'release-failed', path: `${production}/releases/6` },
  { name: 'release-building', path: '/northwind/shop/staging/releases/2' },
  { name: 'variables', path: `${production}/variables` },
  {
    name: 'variables-paste',
    path: `${production}/variables`,
    act: async (page) => {
      await page.getByRole('button', { name: 'Paste .env' }).click();
      await page
        .getByLabel('Contents')
        .fill('LOG_LEVEL=debug\nPAYMENT_TOKEN=pk_live_77aa10c4\nPORT=4000\nSEARCH_URL=http://search:3000');
      await page.getByText('Set 3 variables').waitFor();
    },
  },
  { name: 'metrics', path: `${production}/metrics`, act: (page) => page.getByText('Written to disk').waitFor() },
  { name: 'components', path: `${production}/components` },
  {
    name: 'changes',
    path: `${production}/components`,
    act: async (page) => {
      await page.getByRole('button', { name: 'Show and deploy' }).click();
      await page.getByText('2 new commits').first().waitFor();
    },
  },
  {
    name: 'tag-and-deploy',
    path: production,
    act: async (page) => {
      await page.getByRole('button', { name: 'More ways to deploy' }).click();
      await page.getByRole('menuitem', { name: 'Tag and deploy' }).click();
      await page.getByText('2 new commits').first().waitFor();
      await page.getByLabel('Notes').scrollIntoViewIfNeeded();
    },
  },
  { name: 'tags', path: '/northwind/shop/tags' },
  {
    name: 'tag-deploy',
    path: '/northwind/shop/tags?deploy=v1.8.0',
    act: async (page) => {
      for (const name of ['production', 'staging']) await page.getByRole('checkbox', { name }).check();
      await page
        .getByText(/same commit/)
        .first()
        .waitFor();
    },
  },
  {
    name: 'tag-new',
    path: '/northwind/shop/tags?new',
    act: (page) => page.getByText('2 new commits').first().waitFor(),
  },
  {
    name: 'promote',
    path: `/northwind/shop/staging/releases/1`,
    act: async (page) => {
      await page.getByRole('button', { name: 'Actions of Release 1' }).click();
      await page.getByRole('menuitem', { name: 'Promote' }).click();
      await page.getByText('Nothing is built').waitFor();
    },
  },
  { name: 'options', path: `${production}/options` },
  { name: 'queue', path: '/northwind/queue' },
  { name: 'usage', path: '/northwind/usage' },
  { name: 'platform', path: '/northwind/platform' },
  { name: 'members', path: '/northwind/settings' },
  { name: 'audit', path: '/northwind/settings/audit' },
  { name: 'credentials', path: '/northwind/settings/credentials' },
  { name: 'sessions', path: '/northwind/settings/sessions' },
  { name: 'palette', path: production, act: (page) => page.keyboard.press('Control+k') },
  { name: 'not-found', path: '/northwind/nothing-here' },
];
const first: readonly Screen[] = [
  { name: 'first-run-code', path: '/setup' },
  { name: 'first-run-account', path: '/setup?code=k7m2q-w9xhd-4t8rn-p3v6c' },
];

const looks = [1440, 390].flatMap((width) => (['light', 'dark'] as const).map((theme) => ({ width, theme })));
type Look = (typeof looks)[number];

const open = (
  browser: Browser,
  { width, theme }: Look,
  storageState?: Awaited<ReturnType<BrowserContext['storageState']>>,
) =>
  browser.newContext({
    viewport: { width, height: width > 500 ? 900 : 844 },
    deviceScaleFactor: width > 500 ? 1 : 2,
    colorScheme: theme,
    reducedMotion: 'reduce',
    ...(storageState ? { storageState } : {}),
  });

/** Takes one picture; a page that writes an error to its console fails. */
async function take(context: BrowserContext, url: string, screen: Screen, look: Look): Promise<void> {
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(`${url}${screen.path}`, { waitUntil: 'load' });
  await page.waitForLoadState('networkidle', { timeout: 3000 }).catch(() => undefined); // the event stream stays open
  await page.evaluate(() => document.fonts.ready);
  await screen.act?.(page);
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  await page.screenshot({ path: `docs/screens/${screen.name}-${String(look.width)}-${look.theme}.png` });
  await page.close();
  const serious = errors.filter((text) => !/ERR_NETWORK_CHANGED|status of 404/.test(text));
  if (serious.length > 0) throw new Error(`${screen.name}: ${serious.join('\n')}`);
}

const wanted = process.argv.slice(2);
const isWanted = (screen: Screen): boolean => wanted.length === 0 || wanted.includes(screen.name);
mkdirSync('docs/screens', { recursive: true });
const stack = await startStack('built', await freePort());
Object.assign(process.env, stack.environment);
const { seedMetrics } = await import('#e2e/seed-metrics.ts');
const { openFirstRun, seedAccount, seedOwner, seedProjects } = await import('#e2e/seed.ts');
const { webProcess } = await import('#server/api/services.ts');
const { services } = await webProcess();
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
}); // prettier-ignore
try {
  await openFirstRun(services.db);
  for (const screen of first.filter(isWanted)) {
    for (const look of looks) {
      const context = await open(browser, look);
      await take(context, stack.url, screen, look);
      await context.close();
    }
  }
  const world = await seedAccount();
  const signIn = await open(browser, { width: 1440, theme: 'light' });
  const page = await signIn.newPage();
  await page.goto(`${stack.url}/sign-in`);
  await page.getByLabel('E-mail').fill(seedOwner.email);
  await page.getByLabel('Password').fill(seedOwner.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(`${stack.url}/northwind`);
  const state = await signIn.storageState();
  for (const look of looks) {
    const context = await open(browser, look, state);
    if (isWanted({ name: 'projects-empty', path: '' }))
      await take(context, stack.url, { name: 'projects-empty', path: '/northwind' }, look);
    await context.close();
    const anybody = await open(browser, look);
    if (isWanted({ name: 'sign-in', path: '' }))
      await take(anybody, stack.url, { name: 'sign-in', path: '/sign-in' }, look);
    await anybody.close();
  }
  await seedProjects(world);
  await seedMetrics(services.db);
  for (const look of looks) {
    const context = await open(browser, look, state);
    for (const screen of screens.filter(isWanted)) await take(context, stack.url, screen, look);
    await context.close();
  }
} finally {
  await browser.close();
  await stack.stop();
}
process.exit(0);
