import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { openApp, type AppRooms } from '../testing/app.ts';
import { PASSWORD } from '../testing/rooms.ts';
import { safePath } from './form-routes.ts';

let rooms: AppRooms;
beforeAll(async () => {
  rooms = await openApp(inject('postgres'), { signUp: true });
});
afterAll(() => rooms.close());

const owner = (more = {}) => ({
  name: 'Ada',
  email: 'ada@acme.test',
  password: PASSWORD,
  workspace: 'Acme Audio',
  ...more,
});

describe('a page', () => {
  test('loads nothing from anywhere, runs nothing, and cannot be framed or kept', async () => {
    const response = await rooms.browser().get('/sign-in');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/=]+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
    );
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    const text = await response.text();
    expect(text).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)|url\(|@import|javascript:| on\w+=/i);
    const { createHash } = await import('node:crypto');
    const style = /<style>([^]*)<\/style>/.exec(text)?.[1] ?? '';
    expect(response.headers.get('content-security-policy')).toContain(
      createHash('sha256').update(style).digest('base64'),
    );
  });

  test.each(['multipart/form-data', 'multipart/form-data; boundary=x'])(
    'refuses a form that is none: %s',
    async (type) => {
      const headers = { 'content-type': type, origin: 'http://podlift.test' };
      const sent = new Request('http://podlift.test/sign-in', { method: 'POST', headers, body: 'none' });
      const answer = await rooms.app.fetch(sent);
      expect([answer.status, (await answer.json()).code]).toEqual([400, 'http.form_broken']);
    },
  );

  test('says what each field is, to those who do not see it too', async () => {
    const text = await (await rooms.browser().get('/sign-up')).text();
    expect(text).toMatch(/<html lang="en">/);
    for (const name of ['name', 'email', 'password', 'workspace']) {
      expect(text).toContain(`<label for="${name}">`);
      expect(text).toMatch(new RegExp(`<input\\s+id="${name}"[^>]*autocomplete="[\\w-]+"`));
    }
  });
});

describe('setting up', () => {
  test('with a made-up link leads nowhere', async () => {
    const browser = rooms.browser();
    expect((await browser.get('/setup?token=nonsense')).status).toBe(403);
    expect((await browser.get('/setup')).status).toBe(403);
    expect((await browser.submit('/setup', { ...owner(), token: 'nonsense' })).status).toBe(403);
  });

  test('tells mistakes beside their fields, keeps what was typed and never a password', async () => {
    const link = new URL((await rooms.identity.createSetupLink()) ?? '');
    const browser = rooms.browser();
    const form = await browser.get(link.pathname + link.search);
    expect(form.status).toBe(200);
    const token = link.searchParams.get('token') ?? '';
    const short = await browser.submit('/setup', { ...owner({ password: 'secret<123' }), token });
    const text = await short.text();
    expect(short.status).toBe(422);
    expect(text).toContain('Use at least 12 characters.');
    expect(text).toContain('aria-describedby="password-hint password-wrong" aria-invalid="true"');
    expect(text).toContain('value="Ada"');
    expect(text).not.toContain('secret');
    const empty = await (
      await browser.submit('/setup', { token, name: ' ', email: '', password: '', workspace: '' })
    ).text();
    expect(empty).toContain('Please look at 4 fields again.');
    const markup = await (
      await browser.submit('/setup', { ...owner({ name: '"><script>x</script>', password: 'x' }), token })
    ).text();
    expect(markup).not.toContain('<script>');
  });

  test('from a page of another site is refused', async () => {
    const token = new URL((await rooms.identity.createSetupLink()) ?? '').searchParams.get('token') ?? '';
    for (const headers of [{ origin: 'https://evil.test' }, { origin: 'null' }]) {
      const response = await rooms.browser().submit('/setup', { ...owner(), token }, headers);
      expect(response.status).toBe(403);
      expect(await response.text()).toContain('came from elsewhere');
    }
    expect(await rooms.identity.isSetupOpen(token)).toBe(true);
  });

  test('makes account and workspace, signs in, and then the link is dead', async () => {
    const link = new URL((await rooms.identity.createSetupLink()) ?? '');
    const token = link.searchParams.get('token') ?? '';
    const [one, two] = [rooms.browser(), rooms.browser()];
    const answers = await Promise.all([
      one.submit('/setup', { ...owner(), token }),
      two.submit('/setup', { ...owner({ email: 'eve@acme.test' }), token }),
    ]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([303, 403]);
    const winner = answers[0]?.status === 303 ? one : two;
    const loser = answers[0]?.status === 303 ? two : one;
    expect(answers.find(({ status }) => status === 303)?.headers.get('location')).toBe('/');
    expect(loser.cookies.size).toBe(0);
    const me = await (await winner.get('/api/v1/me')).json();
    expect(me).toMatchObject({ operator: true, tenants: [{ slug: 'acme-audio', role: 'owner' }] });
    expect((await winner.get(link.pathname + link.search)).status).toBe(403);
    expect((await winner.submit('/setup', { ...owner({ email: 'x@acme.test' }), token })).status).toBe(403);
    await rooms.database.admin(`update auth."user" set email = 'ada@acme.test'`);
  });
});

describe('signing in', () => {
  test('leads on to where somebody wanted to go, within this host', async () => {
    const browser = rooms.browser();
    const response = await browser.submit('/sign-in', {
      email: 'ada@acme.test',
      password: PASSWORD,
      next: '/campaigns?tab=1',
    });
    expect([response.status, response.headers.get('location')]).toEqual([303, '/campaigns?tab=1']);
    const again = await browser.get('/sign-in?next=/reports');
    expect([again.status, again.headers.get('location')]).toEqual([303, '/reports']);
  });

  test('answers the same page for a wrong password and an unknown address', async () => {
    const texts = await Promise.all(
      ['ada@acme.test', 'nobody@acme.test'].map(async (email) => {
        const response = await rooms.browser().submit('/sign-in', { email, password: 'wrong wrong wrong' });
        expect(response.status).toBe(401);
        return (await response.text()).replaceAll(email, 'EMAIL');
      }),
    );
    expect(texts[0]).toBe(texts[1]);
    expect(texts[0]).toContain('The e-mail address or the password is not right.');
  });

  test('from another site is refused, so that nobody is signed in as somebody else', async () => {
    const browser = rooms.browser();
    const response = await browser.submit(
      '/sign-in',
      { email: 'ada@acme.test', password: PASSWORD },
      { origin: 'https://evil.test' },
    );
    expect(response.status).toBe(403);
    expect(browser.cookies.size).toBe(0);
  });

  test('and out again', async () => {
    const browser = rooms.browser();
    await browser.submit('/sign-in', { email: 'ada@acme.test', password: PASSWORD });
    expect(await (await browser.get('/sign-out')).text()).toContain('You are signed in as ada@acme.test.');
    const old = new Map(browser.cookies);
    const response = await browser.submit('/sign-out', {});
    expect([response.status, response.headers.get('location')]).toEqual([303, '/sign-in']);
    for (const [name, value] of old) browser.cookies.set(name, value);
    expect((await browser.get('/api/v1/me')).status).toBe(401);
  });

  test('after too many tries says how long to wait', async () => {
    const tries = [];
    for (let n = 0; n < 6; n++)
      tries.push(await rooms.browser().submit('/sign-in', { email: 'bob@acme.test', password: 'wrong wrong wrong' }));
    expect(tries.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 429]);
    expect(await tries.at(-1)?.text()).toMatch(/Too many sign-in attempts; try again in \d+ s\./);
  });
});

test('whoever signs up gets a workspace on the free plan, and is no operator', async () => {
  const browser = rooms.browser();
  const response = await browser.submit('/sign-up', owner({ email: 'new@x.test' }));
  expect(response.status).toBe(303);
  const me = await (await browser.get('/api/v1/me')).json();
  expect(me).toMatchObject({ operator: false, tenants: [{ slug: 'acme-audio-2', role: 'owner' }] });
  expect(await rooms.tenancy.bySlug('acme-audio-2')).toMatchObject({ plan: 'free' });
  const taken = await rooms.browser().submit('/sign-up', owner({ email: 'new@x.test' }));
  expect(taken.status).toBe(409);
});

test.each([
  ['/', '/'],
  ['/a/b?c=d#e', '/a/b?c=d#e'],
  ['//evil.test', '/'],
  ['/\\evil.test', '/'],
  ['https://evil.test', '/'],
  ['javascript:alert(1)', '/'],
  ['/a\r\nset-cookie: x', '/'],
  [undefined, '/'],
])('after signing in, %j leads to %s', (given, expected) => {
  expect(safePath(given)).toBe(expected);
});

test('who set the installation up, who began a workspace and who joined one is kept', async () => {
  const [setUp] = await rooms.audit.listOperator({ action: 'installation.set_up' });
  expect(setUp).toMatchObject({ actor: { kind: 'user' }, details: { slug: 'acme-audio' } });
  const browser = rooms.browser();
  await browser.submit('/sign-up', owner({ email: 'kept@acme.test', workspace: 'Kept Radio' }));
  const tenant = (await rooms.tenancy.bySlug('kept-radio'))?.id ?? '';
  const invited = await rooms.identity.invite({ tenant, email: 'new@acme.test', role: 'viewer', by: 'x' });
  await rooms.browser().submit('/join', { token: invited.token, name: 'New', password: PASSWORD });
  const acts = (await rooms.audit.list(tenant)).map(({ action, actor: { kind } }) => `${kind} ${action}`);
  expect(acts).toEqual(['user member.joined', 'user tenant.created']);
});

test('where anybody may register, an address alone makes nobody a member', async () => {
  const { tenant } = await rooms.identity.createOwner(owner({ email: 'eve@acme.test', workspace: 'Eve' }));
  const browser = rooms.browser();
  await browser.submit('/sign-in', { email: 'eve@acme.test', password: PASSWORD });
  const add = { email: 'colleague@acme.test', role: 'admin' };
  const answer = await browser.json('POST', '/api/v1/members', add, { 'podlift-tenant': tenant.slug });
  expect([answer.status, (await answer.json()).code]).toEqual([409, 'identity.invite_instead']);
});
