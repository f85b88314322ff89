import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Owner } from './onboarding.ts';
import { openApp, type AppRooms, type Browser } from './testing/app.ts';
import { PASSWORD } from './testing/rooms.ts';

let rooms: AppRooms;
let acme: Owner;
let ada: Browser;
const inAcme = () => ({ 'podlift-tenant': acme.tenant.slug });
const signedIn = async (email: string): Promise<Browser> => {
  const browser = rooms.browser();
  await browser.submit('/sign-in', { email, password: PASSWORD });
  return browser;
};
const tokenOf = (link: string): string => new URL(link).searchParams.get('token') ?? '';
const invite = async (email: string, role = 'analyst', by = ada): Promise<Response> =>
  by.json('POST', '/api/v1/invitations', { email, role }, inAcme());
const linkFor = async (email: string, role?: string): Promise<string> =>
  (await (await invite(email, role)).json()).link;
const code = async (response: Response): Promise<unknown> => [response.status, (await response.json()).code];

beforeAll(async () => {
  rooms = await openApp(inject('postgres'));
  const own = (name: string) => ({ name, email: `${name}@x.test`, password: PASSWORD, workspace: `${name} media` });
  acme = await rooms.identity.createOwner(own('ada'));
  await rooms.identity.signUp(own('bob'));
  ada = await signedIn('ada@x.test');
});
afterAll(() => rooms.close());

describe('an invitation', () => {
  test('is shown once, listed without its link, and kept as a hash', async () => {
    const link = await linkFor('Kim@x.test');
    expect(link).toMatch(/^http:\/\/podlift\.test\/join\?token=[\w-]{43}$/);
    const listed = await (await ada.get('/api/v1/invitations', inAcme())).text();
    expect(listed).toContain('"email":"kim@x.test","role":"analyst"');
    expect(listed).not.toContain(tokenOf(link));
    const rows = await rooms.database.admin('select to_jsonb(i) as row from core.invitation i');
    expect(JSON.stringify(rows)).not.toContain(tokenOf(link));
    await expect(rooms.database.query('select 1 from core.invitation')).rejects.toThrow(/permission denied/);
  });

  test('makes an account and a member, once, whoever comes first', async () => {
    const token = tokenOf(await linkFor('grace@x.test'));
    const browsers = [rooms.browser(), rooms.browser()];
    expect(await (await rooms.browser().get(`/join?token=${token}`)).text()).toContain(
      'You were invited as grace@x.test. Make your account',
    );
    const weak = await rooms.browser().submit('/join', { token, name: 'Grace', password: 'grace@x.test' });
    expect([weak.status, await weak.text()]).toEqual([
      422,
      expect.stringContaining('Do not build the password around'),
    ]);
    const answers = await Promise.all(
      browsers.map((one) => one.submit('/join', { token, name: 'Grace', password: PASSWORD })),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([303, 403]);
    const winner = browsers[answers.findIndex(({ status }) => status === 303)] ?? ada;
    expect(await (await winner.get('/api/v1/me', inAcme())).json()).toMatchObject({
      role: 'analyst',
      user: { email: 'grace@x.test' },
    });
    expect((await rooms.browser().get(`/join?token=${token}`)).status).toBe(403);
    expect(await code(await invite('grace@x.test'))).toEqual([409, 'identity.member_exists']);
  });

  test('to somebody who has an account is theirs alone', async () => {
    const token = tokenOf(await linkFor('bob@x.test', 'viewer'));
    const stranger = await rooms.browser().get(`/join?token=${token}`);
    expect(await stranger.text()).toContain(`href="/sign-in?next=/join?token=${token}"`);
    await ada.submit('/join', { token });
    const taken = await rooms.browser().submit('/join', { token, name: 'Eve', password: PASSWORD });
    expect(taken.status).toBe(200);
    const bob = await signedIn('bob@x.test');
    expect(await code(await bob.get('/api/v1/members', inAcme()))).toEqual([404, 'http.tenant_unknown']);
    expect(await (await bob.get(`/join?token=${token}`)).text()).toContain('<button type="submit">Join</button>');
    expect((await bob.submit('/join', { token })).status).toBe(303);
    expect((await bob.get('/api/v1/members', inAcme())).status).toBe(200);
  });

  test('is void when it is replaced, taken back or too old', async () => {
    const first = tokenOf(await linkFor('lee@x.test'));
    const made = await (await invite('lee@x.test', 'admin')).json();
    expect(await rooms.identity.findInvitation(first)).toBeUndefined();
    const second = tokenOf(made.link);
    expect(await rooms.identity.findInvitation(second)).toMatchObject({
      invitation: { role: 'admin' },
      hasAccount: false,
    });
    expect((await ada.json('DELETE', `/api/v1/invitations/${made.id}`, undefined, inAcme())).status).toBe(204);
    expect(await rooms.identity.findInvitation(second)).toBeUndefined();
    await expect(rooms.identity.joinAsNew(second, { name: 'x', password: PASSWORD })).rejects.toMatchObject({
      code: 'identity.invitation_closed',
    });
    const third = tokenOf(await linkFor('lee@x.test'));
    rooms.pass(7 * 24 * 3600 * 1000 + 1000);
    expect(await rooms.identity.findInvitation(third)).toBeUndefined();
    rooms.pass(-(7 * 24 * 3600 * 1000 + 1000));
  });

  test('to be an owner comes from an owner, and any from somebody who manages members', async () => {
    const { user } = await rooms.identity.signUp({
      name: 'adm',
      email: 'adm@x.test',
      password: PASSWORD,
      workspace: 'adm',
    });
    await rooms.identity.members.add(acme.tenant.id, user.email, 'admin');
    const admin = await signedIn('adm@x.test');
    expect(await code(await invite('own@x.test', 'owner', admin))).toEqual([403, 'identity.owners_only']);
    expect((await invite('own@x.test', 'viewer', admin)).status).toBe(201);
    await rooms.identity.members.setRole(acme.tenant.id, user.id, 'viewer');
    expect(await code(await invite('z@x.test', 'viewer', admin))).toEqual([403, 'http.not_permitted']);
  });

  test('of one workspace is not seen or taken back by another', async () => {
    const { id } = await (await invite('only@x.test')).json();
    const bob = await signedIn('bob@x.test');
    const inBob = { 'podlift-tenant': 'bob-media' };
    expect(await (await bob.get('/api/v1/invitations', inBob)).json()).toEqual({ items: [] });
    expect(await code(await bob.json('DELETE', `/api/v1/invitations/${id}`, undefined, inBob))).toEqual([
      404,
      'identity.invitation_unknown',
    ]);
  });
});
