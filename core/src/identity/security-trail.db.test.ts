import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { openApp, type AppRooms } from './testing/app.ts';
import { PASSWORD } from './testing/rooms.ts';

let rooms: AppRooms;
const email = 'ada@acme.test';
const acts = async () => (await rooms.audit.listOperator()).map(({ action, target }) => `${action} ${target}`);
const post = (browser: ReturnType<AppRooms['browser']>, path: string, body: object) =>
  browser.json('POST', `/api/auth${path}`, body);

beforeAll(async () => {
  rooms = await openApp(inject('postgres'));
});
afterAll(() => rooms.close());

test('what people do to their account and sessions is kept, failures as a number', async () => {
  const { user } = await rooms.identity.createOwner({ name: 'Ada', email, password: PASSWORD, workspace: 'Acme' });
  const own = `user:${user.id}`;
  const browser = rooms.browser();
  for (let n = 0; n < 3; n++) await post(rooms.browser(), '/sign-in/email', { email, password: 'wrong wrong' });
  await post(rooms.browser(), '/sign-in/email', { email: 'nobody@acme.test', password: 'wrong wrong' });
  await post(browser, '/sign-in/email', { email, password: PASSWORD });
  await post(browser, '/change-password', { currentPassword: PASSWORD, newPassword: 'seven green lanterns' });
  await post(browser, '/revoke-other-sessions', {});
  await post(browser, '/sign-out', {});
  await rooms.identity.trail.flush();
  expect(await acts()).toEqual([
    'session.failed user:unknown',
    `session.failed ${own}`,
    `session.ended ${own}`,
    `session.others_revoked ${own}`,
    `user.password_changed ${own}`,
    `session.created ${own}`,
  ]);
  const [, failed] = await rooms.audit.listOperator({ action: 'session.failed' });
  expect(failed).toMatchObject({ actor: { kind: 'anonymous' }, details: { attempts: 3, addresses: 1 } });
});
