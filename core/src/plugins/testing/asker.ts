import { definePlugin, method, PodliftError, service } from '@podlift/sdk';
import { z } from 'zod';
import { migration } from '@podlift/sdk/sql';
import { codes, rules, used } from './shop.ts';

export const asks = service('asker.asks@1', {
  run: method(z.object({ how: z.string(), id: z.string().optional() }), z.object({ said: z.string() })),
});

const note = migration('0001_note', (schema) =>
  schema.tenantTable({
    name: 'note',
    columns: { id: 'text', text: 'text not null' },
    privacy: { id: 'none', text: 'none' },
  }),
);

/** Tenants whose end it was told. */
export const told: string[] = [];

type Ask = (typeof asks)['methods']['run'];
const said = (text: string): z.input<Ask['output']> => ({ said: text });

/** Needs the shop, refuses a code, listens, and does in a call whatever a test asks for. */
export const asker = definePlugin(
  {
    id: 'test.asker',
    version: '1.0.0',
    sdk: '^0.1',
    license: 'Apache-2.0',
    capabilities: ['data:sql', 'net:fetch', 'secrets:read'],
    optionalCapabilities: ['files'],
    files: { note: { privacy: 'none' } },
    hosts: ['api.example.com'],
    secrets: ['TOKEN'],
    requires: { codes },
    provides: [asks],
    consumes: [used],
    data: { migrations: [note] },
  },
  ({ provide, contribute, on, health, onTenant }) => {
    contribute(rules, { id: 'no-swearing', label: 'Good manners', allow: ({ code }) => ({ ok: code !== 'damn' }) });
    health(async (ctx) =>
      (await ctx.fetch('https://api.example.com/status')).ok
        ? { ok: true }
        : { ok: false, reason: 'it does not answer' },
    );
    onTenant('enable', async (ctx) => {
      await ctx.db.query('insert into note (tenant_id, id, text) values ($1, $2, $3)', [
        ctx.tenant,
        `hello ${ctx.now().getTime()}`,
        'enabled',
      ]);
    });
    onTenant('disable', async (ctx) => {
      const id = `hello ${ctx.now().getTime()} and bye`;
      await ctx.db.query('insert into note (tenant_id, id, text) values ($1, $2, $3)', [ctx.tenant, id, 'disabled']);
    });
    onTenant('purge', (ctx) => void told.push(ctx.tenant));
    on(used, async ({ id, price, at }, ctx, { source, key, attempt }) => {
      await ctx.db.query('insert into note (tenant_id, id, text) values ($1, $2, $3)', [
        ctx.tenant,
        `event ${ctx.trace}`,
        `${id === key ? 'keyed' : 'odd'} ${price} ${at.toISOString()} ${source} ${attempt}`,
      ]);
    });
    provide(asks, {
      async run({ how, id = 'x' }, ctx) {
        const write = () =>
          ctx.db.query('insert into note (tenant_id, id, text) values ($1, $2, $3)', [ctx.tenant, id, how]);
        const read = async () =>
          (
            await ctx.db.query<{ n: number }>('select count(*)::int as n from note where tenant_id = $1', [ctx.tenant])
          )[0]?.n ?? -1;
        switch (how) {
          case 'write':
            await write();
            return said('written');
          case 'count':
            return said(String(await read()));
          case 'write then throw':
            await write();
            throw new PodliftError('asker.no', 'no', { kind: 'conflict' });
          case 'read then call':
            await read();
            await ctx.services.codes.add({ code: id, uses: 0 });
            return said(String(await read()));
          case 'write then call':
            await write();
            await ctx.services.codes.add({ code: id, uses: 0 });
            return said('never');
          case 'call then throw':
            await ctx.services.codes.add({ code: id, uses: 0 });
            throw new PodliftError('asker.no', 'no');
          case 'write then fetch':
            await write();
            await ctx.fetch('https://api.example.com/x');
            return said('never');
          case 'fetch':
            return said(
              await (
                await ctx.fetch('https://api.example.com/x', { method: 'POST', body: 'hi', auth: { secret: 'TOKEN' } })
              ).text(),
            );
          case 'fetch elsewhere':
            return said(await (await ctx.fetch('https://evil.example.org/')).text());
          case 'secret':
            return said(await ctx.secret('TOKEN'));
          case 'other secret':
            return said(await ctx.secret('OTHER' as 'TOKEN'));
          case 'file': {
            const about = { mediaType: 'text/plain', name: `${id}.txt` };
            const { bytes } = await ctx.files.put('note', new TextEncoder().encode('bytes'), about);
            return said(String(bytes));
          }
          case 'file then throw': {
            const about = { mediaType: 'text/plain', name: 'never.txt' };
            await ctx.files.put('note', new TextEncoder().encode('never'), about);
            throw new PodliftError('asker.no', 'no', { kind: 'conflict' });
          }
          case 'file stream': {
            const content = new Blob(['str', 'eam']).stream();
            const { id: file } = await ctx.files.put('note', content, { mediaType: 'text/plain', name: 'stream.txt' });
            return said(file);
          }
          case 'file back': {
            const parts = await new Response(await ctx.files.open(id, { start: 1, end: 3 })).text();
            const info = await ctx.files.stat(id);
            return said(
              `${parts} ${new TextDecoder().decode(await ctx.files.read({ id }))} ${info?.name} ${info?.kind}`,
            );
          }
          case 'file names': {
            const { items } = await ctx.files.list({ kind: 'note' });
            return said(items.map(({ name }) => name).join());
          }
          case 'file gone': {
            await ctx.files.delete(id);
            return said(String((await ctx.files.stat(id)) !== undefined));
          }
          case 'file kind': {
            await ctx.files.put('other' as 'note', Uint8Array.of(1), { mediaType: 'text/plain', name: 'x' });
            return said('never');
          }
          case 'file link': {
            const { url } = await ctx.files.link(id, { expiresIn: 60 });
            return said(url);
          }
          case 'write then file': {
            await write();
            await ctx.files.put('note', Uint8Array.of(1), { mediaType: 'text/plain', name: 'x' });
            return said('never');
          }
          case 'other schema':
            await ctx.db.query('select * from core.setting where tenant_id = $1', [ctx.tenant]);
            return said('never');
          case 'other tenant': {
            const rows = await ctx.db.query('select * from note where tenant_id = $1', [id]);
            return said(String(rows.length));
          }
          case 'collections':
            await (ctx as unknown as { collections: { x: { get(id: string): Promise<unknown> } } }).collections.x.get(
              '1',
            );
            return said('never');
          case 'hang':
            await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve));
            return said('too late');
          case 'float':
            void ctx.secret('TOKEN').catch(() => undefined);
            return said('floating');
          case 'actor':
            return said(`${ctx.actor.kind}:${ctx.actor.id} ${ctx.now().toISOString()}`);
          default:
            throw new Error(`nobody taught me ${how}`);
        }
      },
    });
  },
);
