import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import { openNotify, type NotifyRooms } from './testing/rooms.ts';
import { startSmtp, type TestSmtp } from './testing/smtp.ts';

let smtp: TestSmtp;
let rooms: NotifyRooms;
beforeAll(async () => {
  smtp = await startSmtp();
  rooms = await openNotify(inject('postgres'), { smtpUrl: smtp.url(), start: new Date() });
  // Carried by hand.
  await rooms.notify.letters.stop();
});
afterAll(async () => {
  await rooms.close();
  await smtp.close();
});
afterEach(async () => {
  smtp.behave();
  smtp.received.length = 0;
  await rooms.database.admin('delete from core.letter');
});

const LINK = 'https://podlift.test/reset-password?token=very-secret';
const send = (more: object = {}) =>
  rooms.notify.letters.send({
    kind: 'reset-password',
    to: { address: 'ada@people.test', name: 'Ada' },
    languages: ['fr', 'de-AT'],
    values: { name: 'Ada <b>' },
    link: LINK,
    ...more,
  });
const letters = () =>
  rooms.database.admin<{ state: string; sealed: string; attempts: number; error: string | null }>(
    'select state, sealed, attempts, error from core.letter order by id',
  );

test('a letter is kept sealed until it left, and then no more', async () => {
  await send();
  const [kept] = await letters();
  expect(kept).toMatchObject({ state: 'waiting', attempts: 0 });
  expect(JSON.stringify(kept)).not.toContain('very-secret');
  expect(JSON.stringify(kept)).not.toContain('ada@');
  await rooms.notify.letters.carry();
  expect(await letters()).toMatchObject([{ state: 'sent', sealed: '' }]);
  const [got] = smtp.received;
  expect(got?.header('list-unsubscribe')).toBeUndefined();
  // `fr` is not written; `de-AT` is answered by German.
  expect(got?.raw).toContain('lang=3D"de-AT"');
  expect(got?.raw).toContain('Ada &lt;b&gt;');
});

test('one that cannot leave is tried later and later, under the same name, until its time is over', async () => {
  smtp.misbehave('rcpt', { code: 451 });
  await send({ validMs: 3_600_000 });
  await rooms.notify.letters.carry();
  expect(await letters()).toMatchObject([{ state: 'waiting', attempts: 1, error: expect.stringContaining('451') }]);
  expect(await rooms.notify.letters.carry()).toBe(0);
  smtp.misbehave('end', 'drop', { times: 1 });
  smtp.misbehave('rcpt', { code: 451 }, { times: 0 });
  rooms.pass(6000);
  await rooms.notify.letters.carry();
  rooms.pass(60_000);
  await rooms.notify.letters.carry();
  expect(await letters()).toMatchObject([{ state: 'sent' }]);
  expect(new Set(smtp.received.map((mail) => mail.header('message-id'))).size).toBe(1);
  expect(smtp.received).toHaveLength(2);

  smtp.misbehave('rcpt', { code: 451 });
  await rooms.database.admin('delete from core.letter');
  await send({ validMs: 3_600_000 });
  await rooms.notify.letters.carry();
  rooms.pass(3_700_000);
  await rooms.notify.letters.carry();
  expect(await letters()).toMatchObject([
    { state: 'failed', sealed: '', error: expect.stringContaining('time was over') },
  ]);
});

test('one that is refused for good is over; one of a key is there once; two carriers do not carry the same', async () => {
  smtp.misbehave('rcpt', { code: 550 }, { times: 1 });
  await send();
  await rooms.notify.letters.carry();
  expect(await letters()).toMatchObject([{ state: 'failed', sealed: '' }]);
  for (let n = 0; n < 3; n++) await send({ key: 'once' });
  expect(await letters()).toHaveLength(2);
  smtp.misbehave('end', { waitMs: 300 });
  const carried = await Promise.all([rooms.notify.letters.carry(), rooms.notify.letters.carry()]);
  expect(carried.toSorted((a, b) => a - b)).toEqual([0, 1]);
  expect(smtp.received).toHaveLength(1);
});

test('those who run the installation are told of a plugin that is down, once a day', async () => {
  for (let n = 0; n < 3; n++) await rooms.notify.tellOperators('acme.feeds', 'its migration failed');
  expect(await letters()).toHaveLength(1);
  await rooms.notify.letters.carry();
  expect(smtp.received[0]).toMatchObject({ to: ['op@people.test'] });
  expect(smtp.received[0]?.header('subject')).toBe('The plugin acme.feeds is degraded');
});

test('nobody is flooded by what others ask for in their name', async () => {
  for (let n = 0; n < 30; n++) await send({ to: { address: 'victim@people.test' } });
  expect((await letters()).length).toBe(20);
});
