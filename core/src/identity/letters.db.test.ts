import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { deviceName, languagesOf } from './account-letters.ts';
import type { Letter, Post } from './letter.ts';
import { code, person } from './testing/acme.ts';
import { openApp, type AppRooms, type Browser } from './testing/app.ts';
import { PASSWORD } from './testing/rooms.ts';

const NEW = 'eleven calm harbours';
const sent: Letter[] = [];
const post: Post = { open: true, send: async (letter) => void sent.push(letter) };
let rooms: AppRooms;
beforeAll(async () => {
  rooms = await openApp(inject('postgres'), { post, signUp: true });
  await rooms.identity.createOwner(person('ada'));
});
afterAll(() => rooms.close());
beforeEach(() => void (sent.length = 0));

const signIn = async (name: string, password = PASSWORD, browser: Browser = rooms.browser()) => {
  const answer = await browser.submit('/sign-in', { email: `${name}@x.test`, password });
  return { browser, status: answer.status, answer };
};
const pathOf = (link: string | undefined): string => {
  const { pathname, search } = new URL(link ?? '');
  return pathname + search;
};
const tokenOf = (link: string | undefined): string => new URL(link ?? '').searchParams.get('token') ?? '';
/** Asks for a link and gives the letter with it. */
async function forget(email: string, headers: Record<string, string> = {}): Promise<Letter | undefined> {
  await rooms.browser().submit('/forgot-password', { email }, headers);
  await rooms.identity.letters.settled();
  return sent.findLast(({ kind }) => kind === 'reset-password');
}

describe('a forgotten password', () => {
  test('is asked for with one answer for all, which says of nobody whether they have an account', async () => {
    const answers = await Promise.all(
      ['ada@x.test', 'nobody@x.test', 'no address'].map(async (email) => {
        const page = await rooms.browser().submit('/forgot-password', { email });
        const json = await rooms.browser().json('POST', '/api/auth/request-password-reset', { email });
        return [page.status, await page.text(), json.status, await json.text()];
      }),
    );
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
    expect(sent).toEqual([]);
    await rooms.identity.letters.settled();
    expect(new Set(sent.map(({ to }) => to.address))).toEqual(new Set(['ada@x.test']));
  });

  test('is set anew with the link, once; whoever was signed in is out, and its owner is told', async () => {
    const { user } = await rooms.identity.signUp(person('bob'));
    const { browser } = await signIn('bob');
    expect((await browser.get('/api/v1/me')).status).toBe(200);
    sent.length = 0;
    const letter = await forget('BOB@x.test ', { 'accept-language': 'de-AT,de;q=0.9,en;q=0.8' });
    const other = await forget('bob@x.test');
    expect(letter).toMatchObject({ to: { address: 'bob@x.test', name: 'bob' }, languages: ['de-AT', 'de', 'en'] });
    const link = pathOf(letter?.link);
    // Programs look at links; that uses nothing up.
    for (let n = 0; n < 2; n++) expect((await rooms.browser().get(link)).status).toBe(200);
    const token = tokenOf(letter?.link);
    const weak = await rooms.browser().submit('/reset-password', { token, password: 'password1234' });
    expect([weak.status, await weak.text()]).toEqual([422, expect.stringContaining('tried first')]);
    const tries = await Promise.all(
      [NEW, 'another fine pass phrase'].map((password) =>
        rooms.browser().submit('/reset-password', { token, password }),
      ),
    );
    expect(tries.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 403]);
    expect((await browser.get('/api/v1/me')).status).toBe(401);
    expect((await signIn('bob')).status).toBe(401);
    // The second link, which was under way, is dead too.
    const late = await rooms.browser().submit('/reset-password', { token: tokenOf(other?.link), password: NEW });
    expect(late.status).toBe(403);
    expect(sent.filter(({ kind }) => kind === 'password-changed')).toMatchObject([{ to: { address: 'bob@x.test' } }]);
    const trail = await rooms.audit.listOperator({ target: `user:${user.id}` });
    expect(trail.map(({ action }) => action)).toContain('user.password_reset');
    const [row] = await rooms.database.admin<{ verified: boolean }>(
      `select "emailVerified" as verified from auth."user" where id = $1`,
      [user.id],
    );
    expect(row?.verified).toBe(true);
  });

  test('by REST as by the page', async () => {
    await rooms.identity.signUp(person('rea'));
    const letter = await forget('rea@x.test');
    const reset = (token: string, newPassword = NEW) =>
      rooms.browser().json('POST', '/api/auth/reset-password', { token, newPassword });
    expect(await code(await reset(tokenOf(letter?.link), 'short'))).toEqual([422, 'identity.password_weak']);
    expect(await code(await reset('made-up'))).toEqual([403, 'identity.reset_closed']);
    expect((await reset(tokenOf(letter?.link))).status).toBe(200);
    expect((await signIn('rea', NEW)).status).toBe(303);
    expect((await rooms.browser().json('POST', '/api/auth/reset-password', { token: 1 })).status).toBe(400);
  });

  test('of one account is asked for three times an hour; more is dropped without a word', async () => {
    await rooms.identity.signUp(person('max'));
    sent.length = 0;
    const statuses = [];
    for (let n = 0; n < 5; n++)
      statuses.push((await rooms.browser().submit('/forgot-password', { email: 'max@x.test' })).status);
    await rooms.identity.letters.settled();
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(sent.filter(({ kind }) => kind === 'reset-password')).toHaveLength(3);
  });

  test('a link is good for an hour, and from another site nothing is sent', async () => {
    await rooms.identity.signUp(person('old'));
    const letter = await forget('old@x.test');
    await rooms.database.admin(`update auth.verification set "expiresAt" = now() - interval '1 second'`);
    const late = await rooms.browser().submit('/reset-password', { token: tokenOf(letter?.link), password: NEW });
    expect(late.status).toBe(403);
    const evil = { origin: 'https://evil.test' };
    for (const path of ['/forgot-password', '/reset-password', '/verify-email'])
      expect((await rooms.browser().submit(path, { email: 'ada@x.test', token: 'x' }, evil)).status).toBe(403);
  });

  test('tokens stand in the database only as hashes', async () => {
    await rooms.identity.signUp(person('dbr'));
    const letter = await forget('dbr@x.test');
    const dump = JSON.stringify([
      await rooms.database.admin('select * from auth.verification'),
      await rooms.database.admin('select * from core.address_token'),
    ]);
    expect(dump).not.toContain(tokenOf(letter?.link));
    expect(sent.flatMap(({ link }) => link ?? []).filter((link) => dump.includes(tokenOf(link) || '\0'))).toEqual([]);
  });
});

describe('an address', () => {
  test('is confirmed with the link that was sent to it, once, by a click and not by a look', async () => {
    const { user } = await rooms.identity.signUp(person('new'));
    const verified = async () =>
      (
        await rooms.database.admin<{ verified: boolean }>(
          `select "emailVerified" as verified from auth."user" where id = $1`,
          [user.id],
        )
      )[0]?.verified;
    const [letter] = sent;
    expect(letter).toMatchObject({ kind: 'verify-email', to: { address: 'new@x.test' } });
    expect((await rooms.browser().get(pathOf(letter?.link))).status).toBe(200);
    expect(await verified()).toBe(false);
    const token = tokenOf(letter?.link);
    const confirm = (one: string) => rooms.browser().submit('/verify-email', { token: one });
    const both = await Promise.all([confirm(token), confirm(token)]);
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 403]);
    expect(await verified()).toBe(true);
    expect((await confirm('made-up')).status).toBe(403);
  });

  test('that was confirmed too late, or is no longer the account’s, is not', async () => {
    const late = await rooms.identity.signUp(person('late'));
    const moved = await rooms.identity.signUp(person('moved'));
    const [first, second] = sent;
    await rooms.database.admin(`update auth."user" set email = 'elsewhere@x.test' where id = $1`, [moved.user.id]);
    expect((await rooms.browser().submit('/verify-email', { token: tokenOf(second?.link) })).status).toBe(403);
    rooms.pass(25 * 3_600_000);
    expect((await rooms.browser().submit('/verify-email', { token: tokenOf(first?.link) })).status).toBe(403);
    rooms.pass(-25 * 3_600_000);
    expect(late.user.email).toBe('late@x.test');
  });

  test('of somebody who was made by an operator needs no letter', async () => {
    await rooms.identity.createOwner(person('made'));
    expect(sent).toEqual([]);
  });
});

test('an invitation goes to its address, in the language of the workspace', async () => {
  const { tenant } = await rooms.identity.createOwner({ ...person('host'), workspace: 'Radio <Host>' });
  await rooms.tenancy.settings.set(tenant.id, { locale: 'de-DE' }, { by: 'test' });
  const { browser } = await signIn('host');
  const body = { email: 'guest@x.test', role: 'analyst' };
  const made = await browser.json('POST', '/api/v1/invitations', body, { 'podlift-tenant': tenant.slug });
  const { link } = await made.json();
  const [letter] = sent.filter(({ kind }) => kind === 'invitation');
  expect(letter).toMatchObject({ to: { address: 'guest@x.test' }, languages: ['de-DE'], link });
  expect(letter?.values?.['workspace']).toBe('Radio <Host>');
});

test('whoever invites an address and follows the link themselves has not proven it', async () => {
  const [mine, theirs] = [await rooms.identity.signUp(person('mallory')), await rooms.identity.signUp(person('beth'))];
  const input = { tenant: mine.tenant.id, email: 'boss@beth.test', role: 'viewer', by: 'user:x' } as const;
  const { token } = await rooms.identity.invite(input);
  sent.length = 0;
  await rooms.identity.joinAsNew(token, { name: 'Boss', password: PASSWORD });
  const { members } = rooms.identity;
  await expect(members.addByAddress(theirs.tenant.id, 'boss@beth.test', 'owner')).rejects.toMatchObject({
    code: 'identity.address_unproven',
  });
  const [letter] = sent;
  expect(letter).toMatchObject({ kind: 'verify-email', to: { address: 'boss@beth.test' } });
  await rooms.browser().submit('/verify-email', { token: tokenOf(letter?.link) });
  expect(await members.addByAddress(theirs.tenant.id, 'boss@beth.test', 'owner')).toMatchObject({ role: 'owner' });
});

describe('a sign-in', () => {
  test('from a browser that is new to the account is told of; the first one, and one that is known, are not', async () => {
    await rooms.identity.signUp(person('dev'));
    sent.length = 0;
    const first = await signIn('dev');
    expect(first.answer.headers.getSetCookie().some((one) => /^podlift\.device=[\w-]{43};.*HttpOnly/.test(one))).toBe(
      true,
    );
    await first.browser.submit('/sign-out', {});
    await signIn('dev', PASSWORD, first.browser);
    expect(sent).toEqual([]);
    const stranger = rooms.browser();
    await stranger.json(
      'POST',
      '/api/auth/sign-in/email',
      { email: 'dev@x.test', password: PASSWORD },
      { 'user-agent': 'Mozilla/5.0 (X11; Linux) <b>Firefox</b>/140.0' },
    );
    expect(sent).toMatchObject([{ kind: 'new-device', values: { device: 'Firefox, Linux' } }]);
    expect(stranger.cookies.has('podlift.device')).toBe(true);
  });

  test('that fails tells nobody', async () => {
    await signIn('dev', 'a wrong password');
    expect(sent).toEqual([]);
  });
});

test('a password that was changed is told of, however it was changed', async () => {
  await rooms.identity.signUp(person('chg'));
  const { browser } = await signIn('chg');
  sent.length = 0;
  const body = { currentPassword: PASSWORD, newPassword: NEW };
  expect((await browser.json('POST', '/api/auth/change-password', body)).status).toBe(200);
  await rooms.identity.users.resetPassword('chg@x.test', PASSWORD);
  expect(sent.map(({ kind, to }) => [kind, to.address])).toEqual([
    ['password-changed', 'chg@x.test'],
    ['password-changed', 'chg@x.test'],
  ]);
});

test('without mail nobody is asked to wait for one', async () => {
  const plain = await openApp(inject('postgres'), { signUp: true });
  try {
    const { user } = await plain.identity.signUp(person('eve'));
    expect(await (await plain.browser().get('/sign-in')).text()).not.toContain('/forgot-password');
    expect(await (await plain.browser().get('/forgot-password')).text()).toContain('sends no mails');
    const [row] = await plain.database.admin<{ verified: boolean }>(
      `select "emailVerified" as verified from auth."user" where id = $1`,
      [user.id],
    );
    expect(row?.verified).toBe(true);
  } finally {
    await plain.close();
  }
});

test.each([
  ['de-AT,de;q=0.9,en;q=0.8', ['de-AT', 'de', 'en']],
  ['*', []],
  [undefined, []],
  ['de\r\nBcc: x', []],
])('languages of %j', (header, expected) => {
  expect(languagesOf(header)).toEqual(expected);
});

test.each([
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 19_0) Safari/605', 'Safari, iPhone'],
  ['curl/8', '?'],
  ['', '?'],
])('the device of %j', (userAgent, expected) => {
  expect(deviceName(userAgent)).toBe(expected);
});

describe('signing up where mails are sent', () => {
  const form = (name: string) => ({ name, email: `${name}@x.test`, password: PASSWORD, workspace: `${name} Radio` });
  const signUp = async (name: string, values: Record<string, string> = {}) => {
    const browser = rooms.browser();
    const answer = await browser.submit('/sign-up', { ...form(name), ...values });
    const text = await answer.text();
    await rooms.identity.signUpByLetter.settled();
    return { answer: [answer.status, text, browser.cookies.size], letter: sent.at(-1) };
  };

  test('tells nobody who has an account; only the owner of the address learns it', async () => {
    const known = await signUp('ada');
    expect(known.letter).toMatchObject({ kind: 'sign-up-again', to: { address: 'ada@x.test', name: 'ada' } });
    const fresh = await signUp('newcomer');
    expect(fresh.letter).toMatchObject({ kind: 'sign-up', to: { address: 'newcomer@x.test' } });
    expect(fresh.letter?.values).toBeUndefined();
    expect(fresh.answer).toEqual(known.answer);
    // Nor by trying the password that was just typed.
    expect([(await signIn('newcomer')).status, (await signIn('ada', 'not her password')).status]).toEqual([401, 401]);
    expect(await rooms.identity.users.find('newcomer@x.test')).toBeUndefined();
    const weak = await Promise.all(['ada', 'newcomer'].map((name) => signUp(name, { password: 'short' })));
    expect(weak.map(({ answer }) => answer[0])).toEqual([422, 422]);
  });

  test('makes account and workspace with the link, once', async () => {
    const { letter } = await signUp('zoe');
    const link = pathOf(letter?.link);
    for (let n = 0; n < 2; n++) expect((await rooms.browser().get(link)).status).toBe(200);
    const token = tokenOf(letter?.link);
    const tries = await Promise.all([1, 2].map(() => rooms.browser().submit('/sign-up/confirm', { token })));
    expect(tries.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 403]);
    expect((await rooms.browser().get(link)).status).toBe(403);
    expect((await rooms.browser().submit('/sign-up/confirm', { token: `${token}x` })).status).toBe(403);
    const { browser, status } = await signIn('zoe');
    expect(status).toBe(303);
    const me = await (await browser.get('/api/v1/me')).json();
    expect(me).toMatchObject({ operator: false, tenants: [{ name: 'zoe Radio', role: 'owner' }] });
    const evil = await rooms.browser().submit('/sign-up/confirm', { token }, { origin: 'https://evil.test' });
    expect(evil.status).toBe(403);
  });

  test('sends the letter again for the same form, three times an hour', async () => {
    const answers = [];
    for (let n = 0; n < 5; n++) answers.push((await signUp('again')).answer);
    expect(new Set(answers.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(sent.filter(({ kind }) => kind === 'sign-up')).toHaveLength(3);
  });
});

describe('a letter that confirms an address', () => {
  test('is sent again to who is signed in, by page and REST, three times an hour, and not when it is confirmed', async () => {
    const { user } = await rooms.identity.signUp(person('una'));
    const { browser } = await signIn('una');
    sent.length = 0;
    const page = await browser.get('/verify-email/again');
    expect(await page.text()).toContain('una@x.test');
    expect((await browser.submit('/verify-email/again', {})).status).toBe(200);
    expect((await browser.json('POST', '/api/v1/me/confirmation')).status).toBe(202);
    expect(sent.map(({ kind, to }) => [kind, to.address])).toEqual([
      ['verify-email', 'una@x.test'],
      ['verify-email', 'una@x.test'],
    ]);
    await rooms.browser().submit('/verify-email', { token: tokenOf(sent.at(-1)?.link) });
    expect((await browser.json('POST', '/api/v1/me/confirmation')).status).toBe(202);
    expect(sent).toHaveLength(2);
    expect(await code(await browser.json('POST', '/api/v1/me/confirmation'))).toEqual([429, 'limits.exceeded']);
    expect((await browser.submit('/verify-email/again', {})).status).toBe(429);
    const acts = await rooms.audit.listOperator({ target: `user:${user.id}`, action: 'user.confirmation_asked' });
    expect(acts).toHaveLength(3);
    expect((await rooms.browser().json('POST', '/api/v1/me/confirmation')).status).toBe(401);
    expect((await rooms.browser().submit('/verify-email/again', {})).status).toBe(303);
  });
});
