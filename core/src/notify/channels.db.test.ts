import { definePlugin, notification, notifyChannels, PodliftError, text } from '@podlift/sdk';
import { openapi, route } from '@podlift/sdk/http';
import { createTestHost, type TestHost } from '@podlift/testkit';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';

const done = notification('run-done', z.object({ run: z.string(), rows: z.int(), ok: z.boolean() }), {
  title: text({ en: 'The run {run} is done', de: 'Der Lauf {run} ist fertig' }),
  body: '{rows} rows.',
  category: 'results',
  channels: ['inbox'],
  link: '/runs/{run}',
});

const got: { to: string | undefined; title: string; hook: string; tenant: string }[] = [];
let trouble: Error | undefined;

/** Sends, and says no afterwards when it is told to. */
const sender = definePlugin(
  { id: 'acme.runs', version: '1.0.0', sdk: '^0.1', license: 'MIT', notifications: [done] },
  ({ routes }) => {
    routes(
      openapi((app) => {
        app.openapi(
          route({
            method: 'post',
            path: '/finish',
            'x-permission': 'runs:write',
            summary: 'Finish',
            responses: { 204: { description: 'Done.' } },
          }),
          async (c) => {
            const { ctx } = c.var;
            await ctx.notify(done, {
              to: { roles: ['owner'] },
              data: { run: c.req.query('run') ?? 'r', rows: 3, ok: true },
              ...(c.req.query('key') && { key: c.req.query('key') }),
            });
            if (c.req.query('fail')) throw new PodliftError('runs.failed', 'it failed', { kind: 'conflict' });
            return c.body(null, 204);
          },
        );
      }),
    );
  },
);

const pager = definePlugin(
  {
    id: 'acme.pager',
    version: '1.0.0',
    sdk: '^0.1',
    license: 'MIT',
    settings: z.object({ hook: z.string().default('none') }),
  },
  ({ contribute }) => {
    contribute(notifyChannels, {
      id: 'pager',
      title: 'Pager',
      deliver({ to, title }, ctx) {
        if (trouble) throw trouble;
        got.push({ to: to?.userId, title, hook: ctx.settings.hook, tenant: ctx.tenant });
        return {};
      },
    });
    contribute(notifyChannels, {
      id: 'room',
      title: 'Room',
      reach: 'workspace',
      deliver({ to, title }, ctx) {
        got.push({ to: to?.userId, title, hook: ctx.settings.hook, tenant: ctx.tenant });
        return { reference: 'r1' };
      },
    });
  },
);

let host: TestHost;
beforeAll(async () => {
  host = await createTestHost({
    plugins: [sender, pager],
    settings: { 'acme.pager': { hook: 'https://hook.test' } },
    members: [{ id: 'ada' }, { id: 'bob', role: 'viewer' }],
  });
});
afterAll(() => host?.stop());
beforeEach(() => {
  got.length = 0;
  trouble = undefined;
});

const finish = (tenant: string, query = '') =>
  host.request(`/api/v1/x/acme/runs/finish?${query}`, { method: 'POST' }, { tenant });
const choose = (tenant: string, user: string, channel: string) =>
  host.rooms.database.withTenant({ tenant }, (tx) =>
    tx.execute(
      'insert into core.notify_preference (tenant_id, user_id, category, channel, enabled) values ($1, $2, $3, $4, true)',
      [tenant, user, 'results', channel],
    ),
  );
const states = async (tenant: string) =>
  (
    await host.rooms.database.admin<{ channel: string; state: string; error: string | null }>(
      'select channel, state, error from core.notify_delivery where tenant_id = $1 order by channel',
      [tenant],
    )
  ).map(({ channel, state, error }) => [channel, state, error]);

test('a message is there when its call has committed, and never when it failed', async () => {
  const tenant = await host.tenant();
  expect((await finish(tenant, 'run=one&fail=yes')).status).toBe(409);
  expect((await finish(tenant, 'run=two&key=k')).status).toBe(204);
  expect((await finish(tenant, 'run=three&key=k')).status).toBe(204);
  await host.drain();
  expect(await host.messages(tenant)).toMatchObject([
    { kind: 'acme.runs/run-done', to: 'ada', title: 'The run two is done', link: '/runs/two' },
  ]);
  expect(got).toEqual([]);
});

test('a channel gets the message ready to show, in the tenant’s name and with its own settings', async () => {
  const tenant = await host.tenant();
  await choose(tenant, 'ada', 'pager');
  await choose(tenant, '', 'room');
  await finish(tenant, 'run=4');
  await host.drain();
  const message = { title: 'The run 4 is done', hook: 'https://hook.test', tenant };
  expect(got.toSorted((a, b) => (a.to ?? '').localeCompare(b.to ?? ''))).toEqual([
    { ...message, to: undefined },
    { ...message, to: 'ada' },
  ]);
  expect(await states(tenant)).toEqual([
    ['pager', 'sent', null],
    ['room', 'sent', null],
  ]);
});

test('a channel that refuses is shown with its reason, and the rest of the message arrives', async () => {
  const tenant = await host.tenant();
  await choose(tenant, 'ada', 'pager');
  await choose(tenant, '', 'room');
  trouble = new PodliftError('pager.unknown', 'nobody has this number', { kind: 'invalid' });
  await finish(tenant);
  await host.drain();
  expect(await states(tenant)).toEqual([
    ['pager', 'failed', expect.stringContaining('nobody has this number')],
    ['room', 'sent', null],
  ]);
  expect(await host.messages(tenant)).toHaveLength(1);
});

test('a channel of a plugin that the tenant has disabled does not exist for it', async () => {
  const tenant = await host.tenant();
  await choose(tenant, 'ada', 'pager');
  await host.plugins.decide(tenant, 'acme.pager', { enabled: false }, { kind: 'user', id: 'ada' });
  await finish(tenant);
  await host.drain();
  expect(got).toEqual([]);
  expect(await states(tenant)).toEqual([]);
});

test('a kind that the manifest does not name is not sent, whatever code says', () => {
  expect(() =>
    notification('broken', z.object({ a: z.string() }), { title: '{b}', body: '', category: 'results' }),
  ).toThrow(/no field \{b\}/);
});
