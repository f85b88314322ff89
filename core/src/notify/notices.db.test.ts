import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { requestJob } from '../jobs/index.ts';
import { tellJobDead, tellQuota } from './notices.ts';
import { listInbox } from './inbox.ts';
import { openNotify, reader, type NotifyRooms } from './testing/rooms.ts';

let rooms: NotifyRooms;
beforeAll(async () => {
  rooms = await openNotify(inject('postgres'));
});
afterAll(() => rooms.close());

const titles = async (tenant: string, user: string) =>
  (await rooms.database.withTenant({ tenant }, (tx) => listInbox(tx, user, { filter: 'all', limit: 50 }))).map(
    ({ title }) => title,
  );

test('a job that has failed for good is told to those who may retry it, once a day', async () => {
  const tenant = await rooms.tenant(reader('ada'), reader('vic', 'viewer'));
  const job = {
    id: '019a5f2e-7c1a-7d33-9a51-6f0a3c1b2d4f',
    name: 'acme.feeds/pull',
    attempts: 5,
    reason: 'ECONNRESET',
  };
  await rooms.database.withTenant({ tenant }, async (tx) => {
    for (let n = 0; n < 3; n++) await tellJobDead(tx, job, rooms.now());
    expect(await tellJobDead(tx, { ...job, name: 'core/notify-deliver' }, rooms.now())).toBeUndefined();
  });
  await rooms.drain();
  expect(await titles(tenant, 'ada')).toEqual(['The job acme.feeds/pull has failed']);
  expect(await titles(tenant, 'vic')).toEqual([]);
});

test('the job that fails for good tells of itself, in the transaction of its end', async () => {
  const tenant = await rooms.tenant(reader('ada'));
  await rooms.jobs.define({
    name: 'acme.feeds/boom',
    attempts: 1,
    run: () => Promise.reject(new Error('it exploded')),
  });
  await rooms.database.withTenant({ tenant }, (tx) => requestJob(tx, { name: 'acme.feeds/boom', data: {} }));
  await rooms.drain();
  await rooms.drain();
  const [item] = await rooms.database.withTenant({ tenant }, (tx) => listInbox(tx, 'ada', { filter: 'all', limit: 5 }));
  expect(item).toMatchObject({ kind: 'core/job-dead', body: expect.stringContaining('it exploded') });
});

test('a limit that is near is told at 80 and at 100 percent, once each and period', async () => {
  const tenant = await rooms.tenant(reader('ada'), reader('bill', 'billing'));
  const tell = (used: number, period = '2026-11') =>
    rooms.database.withTenant({ tenant }, (tx) =>
      tellQuota(tx, { quota: 'touchpoints', used, limit: 1000, period }, rooms.now()),
    );
  for (const used of [10, 799, 800, 900, 1000, 1001]) await tell(used);
  await tell(850, '2026-12');
  await rooms.drain();
  expect((await titles(tenant, 'bill')).toSorted()).toEqual([
    'touchpoints: 100 % of the plan is used',
    'touchpoints: 80 % of the plan is used',
    'touchpoints: 80 % of the plan is used',
  ]);
});
