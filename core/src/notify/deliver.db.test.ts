import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { OpenAPIHono } from '@hono/zod-openapi';
import { PodliftError } from '@podlift/sdk';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import type { ChannelMessage } from './channels.ts';
import { listDeliveries, reviveDelivery } from './deliveries.ts';
import { DELIVER_JOB } from './job-names.ts';
import { requestJob } from '../jobs/index.ts';
import { DEFAULTS, readPreferences, saveChoices, savePreferences } from './preferences.ts';
import { unsubscribeRoutes } from './unsubscribe-routes.ts';
import { createAudit } from '../audit/index.ts';
import type { HttpEnv } from '../http/index.ts';
import { DATA, KIND, openNotify, reader, type NotifyRooms } from './testing/rooms.ts';
import { startSmtp, type TestSmtp } from './testing/smtp.ts';

const deliveries = (rooms: NotifyRooms, tenant: string) =>
  rooms.database.withTenant({ tenant }, (tx) => listDeliveries(tx, { limit: 200 }));
const LATER = { timeout: 10_000 };
const statesOf = async (rooms: NotifyRooms, tenant: string) =>
  Object.fromEntries((await deliveries(rooms, tenant)).map(({ userId, state }) => [userId, state]));

describe('by SMTP', () => {
  let smtp: TestSmtp;
  let rooms: NotifyRooms;
  beforeAll(async () => {
    smtp = await startSmtp();
    rooms = await openNotify(inject('postgres'), { smtpUrl: smtp.url(), backoffMs: 50 });
  });
  afterAll(async () => {
    await rooms.close();
    await smtp.close();
  });
  afterEach(() => {
    smtp.behave();
    smtp.received.length = 0;
  });
  const team = () => rooms.tenant(reader('ada'), reader('bob'), reader('cem', 'viewer', { verified: false }));

  test('a mail goes to each reader alone, and to no address that nobody has confirmed', async () => {
    const tenant = await team();
    const id = await rooms.send(tenant, { to: { users: ['ada', 'bob', 'cem'] }, data: DATA });
    await rooms.drain();
    expect(new Set(smtp.received.map(({ to }) => to.join()))).toEqual(new Set(['ada@people.test', 'bob@people.test']));
    expect(await statesOf(rooms, tenant)).toEqual({ ada: 'sent', bob: 'sent' });
    const ids = smtp.received.map((mail) => mail.header('message-id') ?? '');
    expect(new Set(ids).size).toBe(2);
    for (const one of ids) expect(one).toContain(id);
  });

  test('what a server refuses for good is over, with its words, and holds up nobody; an admin may try again', async () => {
    const tenant = await team();
    smtp.misbehave('rcpt', { code: 550, message: '5.1.1 No such user' }, { to: 'ada' });
    await rooms.send(tenant, { to: { users: ['ada', 'bob'] }, data: DATA });
    await rooms.drain();
    expect(await statesOf(rooms, tenant)).toEqual({ ada: 'failed', bob: 'sent' });
    const failed = (await deliveries(rooms, tenant)).find(({ state }) => state === 'failed');
    expect(failed).toMatchObject({ attempts: 1, error: expect.stringContaining('550 5.1.1 No such user') });
    smtp.behave();
    await rooms.database.withTenant({ tenant }, async (tx) => {
      expect(await reviveDelivery(tx, failed?.id ?? '', rooms.now())).toBe(true);
      await requestJob(tx, { name: DELIVER_JOB, data: { ids: [failed?.id] } });
    });
    await rooms.drain();
    expect(await statesOf(rooms, tenant)).toEqual({ ada: 'sent', bob: 'sent' });
  });

  test('what a server cannot take now is tried again, under the same name', async () => {
    const tenant = await team();
    smtp.misbehave('rcpt', { code: 451 }, { to: 'ada', times: 2 });
    await rooms.send(tenant, { to: { users: ['ada', 'bob'] }, data: DATA });
    await rooms.events.drain();
    await expect.poll(() => statesOf(rooms, tenant), LATER).toEqual({ ada: 'sent', bob: 'sent' });
    expect(smtp.received.map(({ to: [one] }) => one).toSorted()).toEqual(['ada@people.test', 'bob@people.test']);
    const [row] = (await deliveries(rooms, tenant)).filter(({ userId }) => userId === 'ada');
    expect(row).toMatchObject({ state: 'sent', attempts: 3, error: undefined });
  });

  test('a mail that was taken without a word comes twice with one Message-ID', async () => {
    const tenant = await team();
    smtp.misbehave('end', 'drop', { times: 1 });
    await rooms.send(tenant, { to: { users: ['ada'] }, data: DATA });
    await rooms.events.drain();
    await expect.poll(() => statesOf(rooms, tenant), LATER).toEqual({ ada: 'sent' });
    const ids = smtp.received.map((mail) => mail.header('message-id'));
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });

  test('who left, or unsubscribed meanwhile, gets none', async () => {
    const tenant = await team();
    // Not at the connection: one of the test before may still be open.
    smtp.misbehave('mail', { code: 451 });
    await rooms.send(tenant, { to: { users: ['ada', 'bob'] }, data: DATA });
    await rooms.events.drain();
    rooms.members.set(tenant, [reader('bob')]);
    const choice = { category: 'problems', channel: 'mail', enabled: false } as const;
    await rooms.database.withTenant({ tenant }, (tx) => saveChoices(tx, 'bob', [choice]));
    smtp.behave();
    await expect.poll(() => statesOf(rooms, tenant), LATER).toEqual({ ada: 'skipped', bob: 'skipped' });
    expect(smtp.received).toEqual([]);
  });

  test('more mails than a person should get wait for the next window', async () => {
    const tenant = await rooms.tenant(reader('zoe'));
    for (let n = 0; n < 33; n++) await rooms.send(tenant, { to: { users: ['zoe'] }, data: { ...DATA, count: n } });
    await rooms.events.drain();
    await expect.poll(() => smtp.received.length, { timeout: 10_000 }).toBe(30);
    await expect
      .poll(async () => (await deliveries(rooms, tenant)).filter(({ error }) => error?.includes('next window')).length)
      .toBe(3);
    const waiting = (await deliveries(rooms, tenant)).filter(({ state }) => state === 'waiting');
    expect(waiting.every(({ attempts, dueAt }) => attempts === 0 && dueAt.getTime() > rooms.now())).toBe(true);
  });

  test('one click ends a kind of mail', async () => {
    const tenant = await rooms.tenant(reader('uli'));
    await rooms.send(tenant, { to: { users: ['uli'] }, data: DATA });
    await rooms.drain();
    const link = /<(https:[^>]+)>/.exec(smtp.received[0]?.header('list-unsubscribe') ?? '')?.[1] ?? '';
    const token = new URL(link).searchParams.get('token') ?? '';
    expect(rooms.notify.tokens.open(token)).toEqual({ tenant, user: 'uli', category: 'problems', channel: 'mail' });
    expect(rooms.notify.tokens.open(`${token.slice(0, -2)}AA`)).toBeUndefined();
    const [claim = '', mac = ''] = token.split('.');
    const other = Buffer.from(JSON.stringify([tenant, 'bob', 'problems', 'mail'])).toString('base64url');
    expect(rooms.notify.tokens.open(`${other}.${mac}`)).toBeUndefined();
    expect(rooms.notify.tokens.open(claim)).toBeUndefined();

    const app = new OpenAPIHono<HttpEnv>();
    const { database, tenancy, notify } = rooms;
    const audit = createAudit(database);
    for (const route of unsubscribeRoutes({ database, tenancy, audit, tokens: notify.tokens })) route.register(app);
    const { pathname, search } = new URL(link);
    const choices = async () =>
      (await database.withTenant({ tenant }, (tx) => readPreferences(tx, ['uli']))).get('uli')?.choices;
    const look = await app.request(pathname + search);
    expect([look.status, await look.text()]).toEqual([200, expect.stringContaining('No more mails about problems?')]);
    expect(await choices()).toEqual([]);
    // As mail programs send it: no cookie, no Origin, from anywhere.
    const click = await app.request(pathname + search, { method: 'POST', body: 'List-Unsubscribe=One-Click' });
    expect([click.status, await choices()]).toEqual([200, [{ category: 'problems', channel: 'mail', enabled: false }]]);
    expect((await app.request(`${pathname}?token=made-up`, { method: 'POST' })).status).toBe(403);
    expect((await audit.list(tenant)).map(({ action }) => action)).toContain('notifications.unsubscribed');
    smtp.received.length = 0;
    await rooms.send(tenant, { to: { users: ['uli'] }, data: DATA });
    await rooms.drain();
    expect(smtp.received).toEqual([]);
  });
});

describe('in its own time', () => {
  let smtp: TestSmtp;
  let rooms: NotifyRooms;
  beforeAll(async () => {
    smtp = await startSmtp();
    rooms = await openNotify(inject('postgres'), {
      smtpUrl: smtp.url(),
      start: new Date('2026-11-24T21:30:00Z'),
    });
  });
  afterAll(async () => {
    await rooms.close();
    await smtp.close();
  });
  afterEach(() => void (smtp.received.length = 0));
  const info = { ...KIND, severity: 'info', category: 'results' } as const;
  const prefer = (tenant: string, more: object) =>
    rooms.database.withTenant({ tenant }, (tx) =>
      savePreferences(tx, 'ada', { ...DEFAULTS, timeZone: 'Europe/Berlin', ...more }),
    );

  test('what does not hurry comes as one mail a day, at the reader’s hour', async () => {
    const tenant = await rooms.tenant(reader('ada'));
    await prefer(tenant, { digestHour: 9, language: 'de' });
    for (let n = 0; n < 3; n++)
      await rooms.send(tenant, { kind: info, to: { users: ['ada'] }, data: { ...DATA, count: n } });
    await rooms.events.drain();
    expect(await statesOf(rooms, tenant)).toEqual({ ada: 'digest' });
    rooms.pass(10 * 3_600_000);
    await rooms.runDue();
    expect(smtp.received).toEqual([]);
    // 08:00 UTC is 09:00 in Berlin.
    rooms.pass(31 * 60_000);
    await rooms.runDue();
    expect(smtp.received).toHaveLength(1);
    expect(smtp.received[0]?.raw.match(/Der Import von/g)?.length).toBeGreaterThanOrEqual(3);
    expect((await deliveries(rooms, tenant)).map(({ state }) => state)).toEqual(['sent', 'sent', 'sent']);
    rooms.pass(-(10 * 3_600_000 + 31 * 60_000));
  });

  test('a warning waits for the end of quiet hours, and what is critical waits for nothing', async () => {
    const tenant = await rooms.tenant(reader('ada'));
    await prefer(tenant, { quiet: { from: 22 * 60, to: 7 * 60 } });
    await rooms.send(tenant, { to: { users: ['ada'] }, data: DATA });
    await rooms.send(tenant, { kind: { ...KIND, severity: 'critical' }, to: { users: ['ada'] }, data: DATA });
    await rooms.events.drain();
    await expect.poll(() => smtp.received.length).toBe(1);
    const waiting = (await deliveries(rooms, tenant)).filter(({ state }) => state === 'waiting');
    expect(waiting.map(({ dueAt }) => dueAt.toISOString())).toEqual(['2026-11-25T06:00:00.000Z']);
  });
});

describe('by channels of plugins', () => {
  const got: ChannelMessage[] = [];
  let trouble: Error | undefined;
  let rooms: NotifyRooms;
  beforeAll(async () => {
    rooms = await openNotify(inject('postgres'), {
      backoffMs: 20,
      channels: {
        list: async () => [
          { id: 'pager', plugin: 'acme.pager', title: 'Pager', reach: 'person' },
          { id: 'room', plugin: 'acme.chat', title: 'Room', reach: 'workspace' },
        ],
        deliver: async (_, channel, message) => {
          if (trouble && channel === 'pager') throw trouble;
          got.push(message);
        },
      },
    });
  });
  afterAll(() => rooms.close());
  afterEach(() => {
    got.length = 0;
    trouble = undefined;
  });
  const choose = (tenant: string, user: string, channel: string) =>
    rooms.database.withTenant({ tenant }, (tx) =>
      saveChoices(tx, user, [{ category: 'problems', channel, enabled: true }]),
    );

  test('a message goes where somebody switched it on: once per person, or once for all', async () => {
    const tenant = await rooms.tenant(reader('ada'), reader('bob'));
    await choose(tenant, 'ada', 'pager');
    await choose(tenant, '', 'room');
    await rooms.send(tenant, { to: { roles: ['owner'] }, data: DATA });
    await rooms.drain();
    expect(new Set(got.map(({ to }) => to?.userId ?? null))).toEqual(new Set(['ada', null]));
    expect(got).toHaveLength(2);
    expect(got[0]).toMatchObject({
      kind: KIND.id,
      title: 'The import of Deep <b>Dive</b> failed',
      url: 'https://podlift.test/shows/a%2Fb',
      language: 'en',
    });
  });

  test('one that fails holds up no other; what it refuses is over, anything else is tried again', async () => {
    const tenant = await rooms.tenant(reader('ada'));
    await choose(tenant, 'ada', 'pager');
    await choose(tenant, '', 'room');
    trouble = new PodliftError('pager.number', 'has no number', { kind: 'invalid' });
    await rooms.send(tenant, { to: { users: ['ada'] }, data: DATA });
    await rooms.drain();
    const by = async () =>
      Object.fromEntries((await deliveries(rooms, tenant)).toReversed().map(({ channel, ...rest }) => [channel, rest]));
    expect(await by()).toMatchObject({
      pager: { state: 'failed', attempts: 1, error: 'has no number' },
      room: { state: 'sent' },
      mail: { state: 'sent' },
    });
    trouble = new Error('503');
    await rooms.send(tenant, { to: { users: ['ada'] }, data: DATA });
    await rooms.events.drain();
    await expect.poll(async () => (await by())['pager']?.error).toBe('503');
    trouble = undefined;
    await expect.poll(async () => (await by())['pager']?.state, LATER).toBe('sent');
  });
});

describe('kill -9 of a worker', () => {
  let smtp: TestSmtp;
  let rooms: NotifyRooms;
  beforeAll(async () => {
    smtp = await startSmtp();
    rooms = await openNotify(inject('postgres'), { idle: true });
  });
  afterAll(async () => {
    await rooms.close();
    await smtp.close();
  });

  test('between the send and the mark loses no mail; a second one bears the same name', async () => {
    const tenant = await rooms.tenant(reader('ada'));
    await rooms.send(tenant, { to: { users: ['ada'] }, data: DATA });
    // The server has the mail, and its word never comes.
    smtp.misbehave('end', { waitMs: 60_000 }, { times: 1 });
    const first = await startWorker(rooms, smtp);
    await expect.poll(() => smtp.received.length, { timeout: 20_000 }).toBe(1);
    first.kill('SIGKILL');
    await once(first, 'exit');
    expect(await statesOf(rooms, tenant)).toEqual({ ada: 'waiting' });
    const second = await startWorker(rooms, smtp);
    await expect.poll(() => statesOf(rooms, tenant), { timeout: 40_000 }).toEqual({ ada: 'sent' });
    second.kill('SIGKILL');
    await once(second, 'exit');
    const ids = smtp.received.map((mail) => mail.header('message-id'));
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
    const items = await rooms.database.admin('select 1 from core.inbox_item where tenant_id = $1', [tenant]);
    expect(items).toHaveLength(1);
  }, 90_000);
});

async function startWorker({ database }: NotifyRooms, smtp: TestSmtp): Promise<ChildProcess> {
  const { url = '', masterKey } = database.options;
  const worker = spawn(
    process.execPath,
    [
      '--conditions=@podlift/source',
      new URL('./testing/worker.ts', import.meta.url).pathname,
      url,
      Buffer.from(masterKey).toString('base64'),
      tmpdir(),
      smtp.url(),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await once(worker.stdout, 'data');
  return worker;
}
