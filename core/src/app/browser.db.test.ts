import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createDatabase, type OwnDatabase } from './testing/database.ts';
import { createHome, type Home } from './testing/home.ts';
import { freePort } from './testing/port.ts';
import type { Product } from './testing/product.ts';

const executablePath = inject('programs').chromium;
/** A browser that runs as root has no sandbox of its own, and asks nobody but the product. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const LOOKS: readonly (readonly [string, BrowserContextOptions])[] = [
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['a phone', { viewport: { width: 390, height: 844 } }],
];

describe.runIf(executablePath)('the first pages, in a real browser', () => {
  let database: OwnDatabase;
  let home: Home;
  let product: Product;
  let browser: Browser;

  beforeAll(async () => {
    database = await createDatabase(inject('postgres'));
    home = createHome({ ...database.env, PODLIFT_PORT: String(await freePort()) });
    const { code, stderr } = await home.podlift('demo', '--touchpoints', '3000');
    if (code !== 0) throw new Error(stderr);
    product = await home.start(['start', '--empty']);
    browser = await chromium.launch({ args: ARGS, ...(executablePath && { executablePath }) });
  }, 90_000);
  afterAll(async () => {
    await browser?.close();
    await home?.remove();
    await database?.drop();
  });

  /** Opens a page and notes everything that a page of ours must not do. */
  async function open(path: string, options: BrowserContextOptions = {}): Promise<{ page: Page; wrong: string[] }> {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    const wrong: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') wrong.push(`console: ${message.text()}`);
    });
    page.on('pageerror', (error) => wrong.push(`error: ${error.message}`));
    page.on('request', (request) => {
      if (!request.url().startsWith(product.url) && !request.url().startsWith('data:'))
        wrong.push(`asked elsewhere: ${request.url()}`);
    });
    await page.goto(new URL(path, product.url).href);
    return { page, wrong };
  }
  const overflow = (page: Page): Promise<number> =>
    page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

  test.each(LOOKS)('the start page shows models beside the truth, in %s', async (_, options) => {
    const { page, wrong } = await open('/', options);
    expect(await page.getByRole('heading', { name: 'Models beside the truth' }).isVisible()).toBe(true);
    expect(await page.getByRole('row', { name: /^the truth/ }).count()).toBeGreaterThan(0);
    expect(await page.getByRole('row', { name: /^Linear/ }).count()).toBeGreaterThan(0);
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    expect(wrong).toEqual([]);
    await page.context().close();
  });

  test.each(LOOKS)('the reference finds a route by a word, in %s', async (_, options) => {
    const { page, wrong } = await open('/reference', options);
    expect(await page.getByText('/api/v1/attribution/calculate').count()).toBeGreaterThan(0);
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    expect(wrong).toEqual([]);
    await page.context().close();
  });

  test('the link at start makes its opener the owner, once', async () => {
    const link = /http:\S+\/setup\?token=\S+/.exec(product.stdout())?.[0] ?? '';
    const { page, wrong } = await open(link);
    await page.getByLabel('Your name').fill('Ada');
    await page.getByLabel('E-mail address').fill('ada@acme.test');
    await page.getByLabel('Password').fill('seven green bicycles');
    await page.getByLabel('Workspace').fill('Acme Audio');
    await page.getByRole('button').first().click();
    await page.waitForURL((url) => url.pathname !== '/setup');
    const me = await page.evaluate(async () => (await fetch('/api/v1/me')).json());
    expect(me).toMatchObject({ user: { email: 'ada@acme.test' }, operator: true });
    expect(wrong).toEqual([]);
    await page.context().close();

    const again = await open(link);
    expect(await again.page.getByLabel('Password').count()).toBe(0);
    await again.page.context().close();
  });

  test('signing in with a wrong password says so and keeps the address', async () => {
    const { page } = await open('/sign-in');
    await page.getByLabel('E-mail address').fill('ada@acme.test');
    await page.getByLabel('Password').fill('seven blue bicycles');
    await page.getByRole('button').first().click();
    await page.getByRole('alert').first().waitFor();
    expect(await page.getByLabel('E-mail address').inputValue()).toBe('ada@acme.test');
    await page.context().close();
  });
});
