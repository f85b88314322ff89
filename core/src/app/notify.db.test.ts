import { request } from 'node:http';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { createDatabase, type OwnDatabase } from './testing/database.ts';
import { createHome, type Home } from './testing/home.ts';
import { freePort } from './testing/port.ts';
import type { Product } from './testing/product.ts';

const executablePath = inject('programs').chromium;
const PASSWORD = 'seven green bicycles';
let database: OwnDatabase;
let home: Home;
let product: Product;
let cookie: string;
let tenant: string;

beforeAll(async () => {
  database = await createDatabase(inject('postgres'));
  home = createHome({ ...database.env, PODLIFT_PORT: String(await freePort()) });
  product = await home.start(['start', '--empty']);
  await vi.waitUntil(() => /setup\?token=\S+\n/.test(product.stdout()), { timeout: 20_000 });
  const link = new URL(/http:\S+\/setup\?token=\S+/.exec(product.stdout())?.[0] ?? '');
  const answer = await submit('/setup', {
    token: link.searchParams.get('token') ?? '',
    name: 'Ada',
    email: 'ada@acme.test',
    password: PASSWORD,
    workspace: 'Acme Audio',
  });
  cookie = answer.headers
    .getSetCookie()
    .map((one) => one.split(';')[0])
    .join('; ');
  const me = await (await fetch(new URL('/api/v1/me', product.url), { headers: { cookie } })).json();
  tenant = me.tenants[0].slug;
}, 90_000);
afterAll(async () => {
  await home?.remove();
  await database?.drop();
});

const submit = (path: string, values: Record<string, string>): Promise<Response> =>
  fetch(new URL(path, product.url), {
    method: 'POST',
    redirect: 'manual',
    headers: { origin: new URL(product.url).origin, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(values).toString(),
  });
const api = (method: string, path: string, body?: unknown, more: Record<string, string> = {}): Promise<Response> =>
  fetch(new URL(path, product.url), {
    method,
    headers: {
      cookie,
      origin: new URL(product.url).origin,
      'podlift-tenant': tenant,
      ...more,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
const statusWith = (path: string, headers: Record<string, string>): Promise<number> =>
  new Promise((resolve, reject) => {
    request(new URL(path, product.url), { headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
const mailbox = async (): Promise<string> => (await fetch(new URL('/mailbox', product.url))).text();

test('the command line says where mails stay, and tries them', async () => {
  expect(product.stdout()).toContain(`${product.url}/mailbox`);
  const sent = await home.ask('notify', 'test', '--to', 'op@acme.test');
  expect(sent).toMatchObject({ by: 'mailbox', to: 'op@acme.test' });
  expect(await mailbox()).toContain('A test from Podlift');
  const wrong = await home.podlift('notify', 'test', '--to', 'a@b.test\nBcc: c@d.test');
  expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('is not a mail address')]);
});

test('the mailbox is there for this machine only, by its own names', async () => {
  const { host } = new URL(product.url);
  expect(await statusWith('/mailbox', { host })).toBe(200);
  expect(await statusWith('/mailbox', { host: 'rebound.example' })).toBe(404);
  expect(await statusWith('/mailbox', { host, 'x-forwarded-for': '127.0.0.1' })).toBe(404);
  // The operator, from wherever.
  expect(await statusWith('/mailbox', { host, 'x-forwarded-for': '203.0.113.9', cookie })).toBe(200);
});

test('the inbox, its stream and its preferences', async () => {
  const stop = new AbortController();
  const stream = await fetch(new URL('/api/v1/inbox/stream', product.url), {
    headers: { cookie, 'podlift-tenant': tenant },
    signal: stop.signal,
  });
  expect(stream.headers.get('content-type')).toContain('text/event-stream');
  const heard = listen(stream);
  await expect.poll(() => heard.text).toContain('event: unread\ndata: {"unread":0}');
  const feed = `<rss version="2.0"><channel><title>Bread &amp; Talk</title><item><guid>1</guid><title>One</title>
    <enclosure url="https://b.example/1.mp3" type="audio/mpeg" length="1"/></item></channel></rss>`;
  const imported = await fetch(new URL('/api/v1/feeds/import', product.url), {
    method: 'POST',
    headers: {
      cookie,
      origin: new URL(product.url).origin,
      'podlift-tenant': tenant,
      'content-type': 'application/xml',
    },
    body: feed,
  });
  expect([imported.status, imported.status === 201 ? '' : product.stderr().slice(-3000)]).toEqual([201, '']);
  await expect.poll(() => heard.text, { timeout: 10_000 }).toContain('"title":"Bread & Talk was imported"');
  const list = await (await api('GET', '/api/v1/inbox')).json();
  expect(list).toMatchObject({ unread: 1, items: [{ kind: 'podlift.podcasts/show-imported', readAt: null }] });
  const { id } = list.items[0];
  expect((await api('PATCH', `/api/v1/inbox/${id}`, { read: true })).status).toBe(200);
  // Another tab hears of it too.
  await expect.poll(() => heard.text, { timeout: 10_000 }).toMatch(/"readAt":"20/);
  expect(await (await api('GET', '/api/v1/inbox/unread')).json()).toEqual({ unread: 0 });
  expect(await (await api('POST', '/api/v1/inbox/archive-all', {})).json()).toEqual({ changed: 1, unread: 0 });
  stop.abort();

  const preferences = '/api/v1/notification-preferences';
  const wanted = { language: 'de', timeZone: 'Europe/Berlin', quietHours: { from: '22:00', to: '07:00' } };
  const saved = await api('PUT', preferences, {
    ...wanted,
    choices: [{ category: 'results', channel: 'mail', enabled: true }],
  });
  expect([saved.status, await saved.json()]).toEqual([200, expect.objectContaining(wanted)]);
  const off = [{ category: 'security', channel: 'mail', enabled: false }];
  const refused = await api('PUT', preferences, { choices: off });
  expect([refused.status, (await refused.json()).code]).toEqual([422, 'notify.mandatory']);
  const unknown = await api('PUT', preferences, { choices: [{ category: 'results', channel: 'fax', enabled: true }] });
  expect([unknown.status, (await unknown.json()).code]).toEqual([422, 'notify.channel_unknown']);
  expect((await api('PUT', preferences, { timeZone: 'Mars/Base' })).status).toBe(422);
});

test('a key has no inbox, a stranger has none here', async () => {
  const made = await (await api('POST', '/api/v1/keys', { name: 'k', scopes: ['*:*'] })).json();
  const get = (path: string, headers: Record<string, string>) => fetch(new URL(path, product.url), { headers });
  const byKey = await get('/api/v1/inbox', { authorization: `Bearer ${made.key}` });
  expect([byKey.status, (await byKey.json()).code]).toEqual([403, 'notify.people_only']);
  expect((await get('/api/v1/inbox', { 'podlift-tenant': tenant })).status).toBe(401);
  expect((await get('/api/v1/inbox', { cookie, 'podlift-tenant': 'nowhere' })).status).toBe(404);
  expect((await get('/api/v1/notification-deliveries', { authorization: `Bearer ${made.key}` })).status).toBe(200);
});

describe.runIf(executablePath)('in a real browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'];
    browser = await chromium.launch({ args, ...(executablePath && { executablePath }) });
  }, 60_000);
  afterAll(() => browser?.close());

  const open = async (path: string): Promise<{ page: Page; wrong: string[] }> => {
    const page = await (await browser.newContext()).newPage();
    const wrong: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') wrong.push(message.text());
    });
    page.on('pageerror', (error) => wrong.push(error.message));
    await page.goto(new URL(path, product.url).href);
    return { page, wrong };
  };

  test('an invitation is read in the mailbox, and its link makes a member', async () => {
    const evil = '<img src=x onerror=alert(1)> Radio';
    const version = (await api('GET', '/api/v1/tenant')).headers.get('etag') ?? '';
    const renamed = await api('PUT', '/api/v1/tenant', { name: evil }, { 'if-match': version });
    expect(renamed.status).toBe(200);
    const body = { email: 'grace@acme.test', role: 'analyst' };
    expect((await api('POST', '/api/v1/invitations', body)).status).toBe(201);
    await expect.poll(mailbox, { timeout: 10_000 }).toContain('grace@acme.test');
    const { page, wrong } = await open('/mailbox');
    await page.getByRole('link', { name: /^Join / }).click();
    await page
      .frameLocator('iframe')
      .getByRole('heading', { name: /^Join / })
      .waitFor();
    expect(await page.frameLocator('iframe').locator('img').count()).toBe(0);
    if (process.env['PODLIFT_SHOTS'])
      await page.screenshot({ path: `${process.env['PODLIFT_SHOTS']}/mail.png`, fullPage: true });
    const width = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(width).toBeLessThanOrEqual(0);
    await page.getByRole('link', { name: /\/join\?token=/ }).click();
    await page.getByLabel('Your name').fill('Grace');
    await page.getByLabel('Password').fill('nine quiet lighthouses');
    await page.getByRole('button').click();
    await page.waitForURL((url) => url.pathname === '/');
    const me = await page.evaluate(async () => (await fetch('/api/v1/me')).json());
    expect(me).toMatchObject({ user: { email: 'grace@acme.test' }, tenants: [{ role: 'analyst' }] });
    expect(wrong).toEqual([]);
    await page.context().close();
  });

  test('a forgotten password is set anew with what the mailbox holds', async () => {
    const { page, wrong } = await open('/sign-in');
    await page.getByRole('link', { name: 'Forgot your password?' }).click();
    await page.getByLabel('E-mail address').fill('grace@acme.test');
    await page.getByRole('button').click();
    await page.getByRole('heading', { name: 'Look into your mail' }).waitFor();
    await expect.poll(mailbox, { timeout: 10_000 }).toContain('Choose a new password');
    await page.goto(new URL('/mailbox', product.url).href);
    if (process.env['PODLIFT_SHOTS'])
      await page.screenshot({ path: `${process.env['PODLIFT_SHOTS']}/mailbox.png`, fullPage: true });
    await page.getByRole('link', { name: 'Choose a new password' }).first().click();
    await page.getByRole('link', { name: /\/reset-password\?token=/ }).click();
    await page.getByLabel('Password').fill('three distant thunderclaps');
    await page.getByRole('button').click();
    await page.getByRole('heading', { name: 'Your password is set' }).waitFor();
    await expect.poll(mailbox, { timeout: 10_000 }).toContain('Your password was changed');
    const old = await submit('/sign-in', { email: 'grace@acme.test', password: 'nine quiet lighthouses' });
    const fresh = await submit('/sign-in', { email: 'grace@acme.test', password: 'three distant thunderclaps' });
    expect([old.status, fresh.status]).toEqual([401, 303]);
    expect(wrong).toEqual([]);
    await page.context().close();
  });
});

/** Collects what a stream says. */
function listen(response: Response): { text: string } {
  const heard = { text: '' };
  void (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) heard.text += decoder.decode(chunk, { stream: true });
  })().catch(() => undefined);
  return heard;
}
