import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Tx } from '../data/index.ts';
import { createFanOut } from './fan-out.ts';
import { changedSince, countUnread, inboxVersion, listInbox, markAll, markItem } from './inbox.ts';
import { DATA, KIND, openNotify, reader, wireNotify, type NotifyRooms } from './testing/rooms.ts';
import { savePreferences, DEFAULTS } from './preferences.ts';
import { requestNotification } from './request.ts';

let rooms: NotifyRooms;
beforeAll(async () => {
  rooms = await openNotify(inject('postgres'));
});
afterAll(() => rooms.close());

const inbox = (tenant: string, user: string) =>
  rooms.database.withTenant({ tenant }, (tx) => listInbox(tx, user, { filter: 'all', limit: 50 }));
const unread = (tenant: string, user: string) => rooms.database.withTenant({ tenant }, (tx) => countUnread(tx, user));
const mails = async () => (await rooms.notify.mailbox?.list()) ?? [];

describe('a message', () => {
  test('reaches users, roles and holders of a permission, everybody once, each in their language', async () => {
    const tenant = await rooms.tenant(
      reader('ada'),
      reader('bea', 'analyst'),
      reader('cem', 'viewer'),
      reader('dan', 'admin'),
      reader('eve', 'billing'),
    );
    await rooms.database.withTenant({ tenant }, (tx) => savePreferences(tx, 'cem', { ...DEFAULTS, language: 'de-DE' }));
    const to = { users: ['cem', 'ada', 'stranger'], roles: ['analyst' as const], permission: 'keys:manage' };
    await rooms.send(tenant, { to, data: DATA });
    await rooms.drain();
    for (const [user, count] of [
      ['ada', 1],
      ['bea', 1],
      ['cem', 1],
      ['dan', 1],
      ['eve', 0],
      ['stranger', 0],
    ] as const)
      expect([user, (await inbox(tenant, user)).length]).toEqual([user, count]);
    expect((await inbox(tenant, 'ada'))[0]).toMatchObject({
      kind: KIND.id,
      title: 'The import of Deep <b>Dive</b> failed',
      body: '1,234 items were read: the feed answered 404',
      link: '/shows/a%2Fb',
    });
    expect((await inbox(tenant, 'cem'))[0]).toMatchObject({
      title: 'Der Import von Deep <b>Dive</b> ist gescheitert',
      body: '1.234 Einträge gelesen: the feed answered 404',
    });
    const sent = await mails();
    expect(sent.map(({ to: address }) => address).toSorted()).toEqual(
      ['ada', 'bea', 'cem', 'dan'].map((one) => `${one} <${one}@people.test>`),
    );
    const [mail] = sent.filter(({ to: address }) => address.startsWith('cem'));
    expect(mail?.html).toContain('<html lang="de-DE">');
    expect(mail?.html).toContain('Deep &lt;b&gt;Dive&lt;/b&gt;');
    expect(mail?.html).not.toContain('<b>Dive');
    expect(mail?.text).toContain('https://podlift.test/shows/a%2Fb');
  });

  test('of a transaction that is undone was never there; of one key there is one', async () => {
    const tenant = await rooms.tenant(reader('ada'));
    const ask = { kind: KIND, to: { users: ['ada'] }, data: DATA, key: 'show-1' };
    await expect(
      rooms.database.withTenant({ tenant }, async (tx) => {
        await requestNotification(tx, ask);
        throw new Error('undone');
      }),
    ).rejects.toThrow('undone');
    const ids = await Promise.all(Array.from({ length: 8 }, () => rooms.send(tenant, ask)));
    expect(ids.filter(Boolean)).toHaveLength(1);
    await rooms.drain();
    expect(await inbox(tenant, 'ada')).toHaveLength(1);
  });

  test('stays in its tenant, also for somebody who belongs to two', async () => {
    const [one, two] = [await rooms.tenant(reader('ada')), await rooms.tenant(reader('ada'))];
    await rooms.send(one, { to: { users: ['ada'] }, data: DATA });
    await rooms.drain();
    expect([(await inbox(one, 'ada')).length, (await inbox(two, 'ada')).length]).toEqual([1, 0]);
    const [item] = await inbox(one, 'ada');
    const mark = (tenant: string, user: string) =>
      rooms.database.withTenant({ tenant }, (tx) => markItem(tx, user, item?.id ?? '', { read: true }, new Date()));
    expect(await mark(two, 'ada')).toBeUndefined();
    expect(await mark(one, 'bob')).toBeUndefined();
    expect(await unread(one, 'ada')).toBe(1);
  });

  test('to thousands is one transaction, and each has one', async () => {
    const people = Array.from({ length: 3000 }, (_, n) => reader(`u${n}`, 'viewer'));
    const tenant = await rooms.tenant(...people);
    const began = performance.now();
    await rooms.send(tenant, { kind: { ...KIND, channels: ['inbox'] }, to: { roles: ['viewer'] }, data: DATA });
    const asked = performance.now() - began;
    await rooms.drain();
    const [row] = await rooms.database.admin<{ n: number }>(
      'select count(*)::int as n from core.inbox_item where tenant_id = $1',
      [tenant],
    );
    expect(row?.n).toBe(3000);
    // Whoever asks does not wait for the three thousand.
    expect(asked).toBeLessThan(200);
  }, 30_000);

  test('that was delivered already is not delivered again when its event is', async () => {
    const tenant = await rooms.tenant(reader('ada'));
    const id = await rooms.send(tenant, { to: { users: ['ada'] }, data: DATA });
    await rooms.drain();
    const before = (await mails()).length;
    const again = createFanOut({
      ...rooms,
      clock: rooms,
      people: { readers: async () => [reader('ada')], operators: async () => [] },
      channels: rooms.notify.channels,
      mails: true,
      changed: () => undefined,
    });
    const event = {
      id: id ?? '',
      type: 't',
      source: 'core',
      key: undefined,
      payload: { id },
      time: new Date(),
      position: 1,
    };
    const { signal } = new AbortController();
    await again.deliver({ tenant, events: [event, event], attempt: 2, signal, advance: async () => undefined });
    await rooms.drain();
    expect(await inbox(tenant, 'ada')).toMatchObject([{ id }]);
    expect(await mails()).toHaveLength(before);
  });
});

describe('an inbox', () => {
  test('counts, marks, archives, and every change has a version that grows', async () => {
    const tenant = await rooms.tenant(reader('ada'));
    for (let n = 0; n < 5; n++) {
      await rooms.send(tenant, { to: { users: ['ada'] }, data: { ...DATA, count: n } });
      await rooms.drain();
    }
    const inTenant = <T>(fn: (tx: Tx) => Promise<T>) => rooms.database.withTenant({ tenant }, fn);
    const items = await inbox(tenant, 'ada');
    expect(await unread(tenant, 'ada')).toBe(5);
    const before = await inTenant((tx) => inboxVersion(tx, 'ada'));
    await inTenant((tx) => markItem(tx, 'ada', items[0]?.id ?? '', { read: true }, new Date()));
    await inTenant((tx) => markItem(tx, 'ada', items[1]?.id ?? '', { archived: true }, new Date()));
    expect(await unread(tenant, 'ada')).toBe(3);
    const changed = await inTenant((tx) => changedSince(tx, 'ada', before, 10));
    expect(changed.map(({ item: { id } }) => id)).toEqual([items[0]?.id, items[1]?.id]);
    expect(changed.map(({ version }) => version)).toEqual([before + 1, before + 2]);
    // What came after the newest that was seen stays unread.
    expect(await inTenant((tx) => markAll(tx, 'ada', 'read', items[3]?.id, new Date()))).toBe(2);
    expect(await unread(tenant, 'ada')).toBe(1);
    expect(await inTenant((tx) => markAll(tx, 'ada', 'archived', undefined, new Date()))).toBe(4);
    expect([await unread(tenant, 'ada'), (await inbox(tenant, 'ada')).length]).toEqual([0, 0]);
    await inTenant((tx) => markItem(tx, 'ada', items[1]?.id ?? '', { archived: false, read: false }, new Date()));
    expect(await unread(tenant, 'ada')).toBe(1);
  });

  test('can be followed: what is new and what changed comes at once, and after a break nothing is missing', async () => {
    const tenant = await rooms.tenant(reader('ada'));
    const follow = (after: string | undefined, signal: AbortSignal) =>
      rooms.notify.feed.follow(tenant, 'ada', after, signal);
    const stop = new AbortController();
    const stream = follow(undefined, stop.signal);
    const next = async () => (await stream.next()).value;
    expect(await next()).toMatchObject({ event: 'unread', data: { unread: 0 } });
    await rooms.send(tenant, { to: { users: ['ada'] }, data: DATA });
    await rooms.drain();
    const item = await next();
    expect(item).toMatchObject({ event: 'item', id: '1', data: { readAt: null, kind: KIND.id } });
    expect(await next()).toMatchObject({ event: 'unread', data: { unread: 1 } });
    stop.abort();
    await rooms.send(tenant, { to: { users: ['ada'] }, data: DATA });
    await rooms.drain();
    const again = new AbortController();
    const resumed = follow('1', again.signal);
    expect((await resumed.next()).value).toMatchObject({ event: 'item', id: '2' });
    // Another tab, of another process: no hint reaches this one.
    const [, newest] = await Promise.all([
      resumed.next(),
      rooms.database.withTenant({ tenant }, (tx) => markAll(tx, 'ada', 'read', undefined, new Date())),
    ]);
    expect(newest).toBe(2);
    const seen = [(await resumed.next()).value, (await resumed.next()).value];
    expect(seen.map((one) => [one?.event, one?.id])).toEqual([
      ['item', undefined],
      ['item', '3'],
    ]);
    again.abort();
  });
});

test('in production nothing is kept to be looked at, and without a server no mail is made', async () => {
  const quiet = wireNotify(rooms.database, rooms.database.options.masterKey, { mode: 'production' });
  expect(quiet.notify.mailbox).toBeUndefined();
  expect(quiet.notify.letters.open).toBe(false);
  await quiet.notify.letters.send({ kind: 'reset-password', to: { address: 'ada@people.test' } });
  expect(await rooms.database.admin('select 1 from core.letter')).toEqual([]);
  await expect(quiet.notify.sendTest('ada@people.test')).rejects.toThrow(/No mail server is configured/);
  expect(await quiet.notify.driver.check()).toMatchObject({ ok: false });
  const served = wireNotify(rooms.database, rooms.database.options.masterKey, { smtpUrl: 'smtp://localhost:1' });
  expect([served.notify.mailbox, served.notify.driver.kind]).toEqual([undefined, 'smtp']);
});

test('a person who is forgotten is gone from every tenant', async () => {
  const [one, two] = [await rooms.tenant(reader('gil'), reader('ada')), await rooms.tenant(reader('gil'))];
  for (const tenant of [one, two]) {
    await rooms.database.withTenant({ tenant }, (tx) => savePreferences(tx, 'gil', { ...DEFAULTS, digest: false }));
    await rooms.send(tenant, { to: { users: ['gil', 'ada'] }, data: DATA });
  }
  await rooms.drain();
  expect(await rooms.notify.forget('gil')).toBeGreaterThanOrEqual(8);
  for (const table of ['inbox', 'inbox_item', 'notify_delivery', 'notify_preference', 'notify_profile'])
    expect(
      await rooms.database.admin(`select 1 from core.${table} where user_id = 'gil' and tenant_id = any($1)`, [
        [one, two],
      ]),
    ).toEqual([]);
  expect(await inbox(one, 'ada')).toHaveLength(1);
});

test('what is past its time is removed', async () => {
  const tenant = await rooms.tenant(reader('ada'));
  await rooms.send(tenant, { to: { users: ['ada'] }, data: DATA });
  await rooms.drain();
  for (const table of ['notification', 'inbox_item', 'notify_delivery'])
    await rooms.database.admin(
      `update core.${table} set created_at = now() - interval '91 days' where tenant_id = $1`,
      [tenant],
    );
  expect(await rooms.notify.retire()).toBe(3);
  expect(await inbox(tenant, 'ada')).toEqual([]);
});
