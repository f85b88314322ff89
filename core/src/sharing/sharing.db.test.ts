import { definePlugin, PodliftError, service, sharedDataset, method, uuidv7 } from '@podlift/sdk';
import { migration } from '@podlift/sdk/sql';
import { createTestHost, type TestHost } from '@podlift/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createSharing, type Sharing } from './index.ts';

const ACTOR = { kind: 'user', id: 'ann' } as const;
const TERMS = 'For measuring only.';
const SALES = 'test.sales/sales';
const api = service('sales.api@1', {
  sell: method(z.object({ shop: z.string(), count: z.int() }), z.object({})),
  rows: method(
    z.object({}),
    z.object({
      rows: z.array(z.object({ shop: z.string(), share: z.string().nullable(), grantor: z.string().nullable() })),
    }),
  ),
});
/** What a test does between the export of a page and its import. */
let between: () => Promise<unknown> = () => Promise.resolve();
let failing = false;

const m0001 = migration('0001_sale', (schema) =>
  schema.tenantTable({
    name: 'sale',
    columns: { id: 'uuid not null', shop: 'text not null', share: 'uuid', grantor: 'uuid' },
    indexes: [['share', 'id']],
    privacy: { id: 'none', shop: 'none', share: 'none', grantor: 'none' },
  }),
);

const sales = definePlugin(
  {
    id: 'test.sales',
    version: '1.0.0',
    sdk: '^0.1',
    license: 'Apache-2.0',
    capabilities: ['data:sql'],
    provides: [api],
    data: { migrations: [m0001] },
  },
  (declare) => {
    declare.provide(api, {
      sell: async ({ shop, count }, { db }) => {
        await db.query(`insert into sale (tenant_id, id, shop) select $1, i, $2 from unnest($3::uuid[]) as i`, [
          db.tenant,
          shop,
          Array.from({ length: count }, () => uuidv7()),
        ]);
        return {};
      },
      rows: async (_, { db }) => ({
        rows: await db.query('select shop, share, grantor from sale where tenant_id = $1 order by id', [db.tenant]),
      }),
    });
    declare.contribute(sharedDataset, {
      id: 'sales',
      title: 'Sales',
      description: 'What was sold in shops',
      personal: false,
      check: async ({ scope }) => {
        if (typeof scope['shop'] !== 'string')
          throw new PodliftError('sales.shop_missing', 'name the shop', { kind: 'invalid' });
        return { summary: `Sales of the shop ${scope['shop']}` };
      },
      export: async ({ scope, cursor, limit }, { db }) => {
        const rows = await db.query<{ id: string; shop: string }>(
          `select id, shop from sale where tenant_id = $1 and share is null and shop = $2 and ($3::uuid is null or id > $3) order by id limit $4`,
          [db.tenant, scope['shop'], cursor, limit],
        );
        return { rows, cursor: rows.at(-1)?.id ?? cursor, done: rows.length < limit };
      },
      import: async ({ rows, provenance }, { db }) => {
        await between();
        if (failing) throw new Error('the shelf fell down');
        await db.query(
          `insert into sale (tenant_id, id, shop, share, grantor) select $1, r.id, r.shop, $2, $3 from jsonb_to_recordset($4) as r(id uuid, shop text)`,
          [db.tenant, provenance.share, provenance.grantor, JSON.stringify(rows)],
        );
        return { kept: rows.length };
      },
      withdraw: async ({ share, limit }, { db }) => {
        const gone = await db.query(
          `delete from sale where tenant_id = $1 and id in (select id from sale where tenant_id = $1 and share = $2 limit $3) returning id`,
          [db.tenant, share, limit],
        );
        return { left: gone.length === limit };
      },
    });
  },
);

let host: TestHost;
let sharing: Sharing;
let grantor: string;
let receiver: string;
beforeAll(async () => {
  host = await createTestHost({ plugins: [sales] });
  const { database, jobs, audit, tenancy } = host.rooms;
  sharing = createSharing({ database, jobs, audit, tenancy, clock: host.clock, plugins: host.plugins });
  await sharing.start();
});
afterAll(() => host.stop());
beforeEach(async () => {
  between = () => Promise.resolve();
  failing = false;
  grantor = await host.tenant();
  receiver = await host.tenant();
});

const sell = (shop: string, count: number, tenant = grantor): Promise<unknown> =>
  host.call(['sales.api@1', 'sell'], { shop, count }, { tenant });
const rowsOf = async (tenant: string): Promise<{ shop: string; share: string | null; grantor: string | null }[]> =>
  ((await host.call(['sales.api@1', 'rows'], {}, { tenant })) as { rows: [] }).rows;
const offer = (more: object = {}) =>
  sharing.offer(
    grantor,
    { receiver, dataset: SALES, scope: { shop: 'north' }, terms: TERMS, withdrawable: true, ...more },
    ACTOR,
  );
const accepted = async (more: object = {}): Promise<string> => {
  const { id } = await offer(more);
  await sharing.accept(receiver, id, ACTOR);
  return id;
};
const actions = async (tenant: string): Promise<string[]> => {
  const rows = await host.rooms.database.withTenant({ tenant }, (tx) =>
    tx.query<{ action: string }>(
      `select action from core.audit where tenant_id = $1 and action like 'share.%' order by id`,
      [tenant],
    ),
  );
  return rows.map(({ action }) => action);
};

describe('a share', () => {
  test('copies nothing before it is accepted, then all of its scope, then what is new, each once', async () => {
    await sell('north', 2500);
    await sell('south', 3);
    const { id, summary, receiverName } = await offer();
    expect({ summary, receiverName }).toMatchObject({ summary: 'Sales of the shop north' });
    expect(await sharing.copy(receiver, id)).toBe(0);
    expect(await rowsOf(receiver)).toEqual([]);

    await sharing.accept(receiver, id, ACTOR);
    await host.drain();
    const rows = await rowsOf(receiver);
    expect(rows).toHaveLength(2500);
    expect(new Set(rows.map((row) => JSON.stringify(row)))).toEqual(
      new Set([JSON.stringify({ shop: 'north', share: id, grantor })]),
    );
    await sell('north', 5);
    expect(await sharing.copy(receiver, id)).toBe(5);
    expect(await sharing.copy(receiver, id)).toBe(0);
    expect(await sharing.received(receiver)).toMatchObject([{ id, state: 'active', copied: 2505, error: null }]);
    expect(await sharing.given(grantor)).toMatchObject([{ id, state: 'active', receiver }]);
    expect([await actions(grantor), await actions(receiver)]).toEqual([
      ['share.offered', 'share.accepted'],
      ['share.offered', 'share.accepted'],
    ]);
    // What was received is the receiver's, but not theirs to pass on as their own.
    expect((await rowsOf(grantor)).filter(({ share }) => share !== null)).toEqual([]);
  });

  test('that only the receiver has a row of gives nothing, whatever scope it names', async () => {
    await sell('north', 3);
    await sell('south', 3);
    const forge = (id: string) =>
      host.rooms.database.withTenant({ tenant: receiver }, (tx) =>
        tx.query(
          `insert into core.share_received (tenant_id, id, grantor, grantor_name, dataset, scope, summary, terms, withdrawable, state, offered_at)
           values ($1, $2, $3, 'G', $4, '{"shop":"south"}', '', '', true, 'active', now())`,
          [receiver, id, grantor, SALES],
        ),
      );
    const id = uuidv7();
    await forge(id);
    expect(await sharing.copy(receiver, id)).toBe(0);
    const narrow = await accepted();
    await host.rooms.database.withTenant({ tenant: receiver }, (tx) =>
      tx.query(`update core.share_received set scope = '{"shop":"south"}' where tenant_id = $1 and id = $2`, [
        receiver,
        narrow,
      ]),
    );
    expect(await sharing.copy(receiver, narrow)).toBe(0);
    expect(await rowsOf(receiver)).toEqual([]);
  });

  test('is copied once by two copiers at the same time', async () => {
    await sell('north', 3000);
    const id = await accepted();
    await Promise.allSettled([sharing.copy(receiver, id), sharing.copy(receiver, id), sharing.copy(receiver, id)]);
    await sharing.copy(receiver, id);
    expect(await rowsOf(receiver)).toHaveLength(3000);
    expect(await sharing.received(receiver)).toMatchObject([{ copied: 3000 }]);
  });

  test('that is revoked in the middle of a page leaves nothing of that page', async () => {
    await sell('north', 1500);
    const id = await accepted();
    let pages = 0;
    between = async () => {
      if (++pages === 2) await sharing.revoke(grantor, id, ACTOR, false);
    };
    await sharing.copy(receiver, id);
    expect(await rowsOf(receiver)).toHaveLength(1000);
    expect(await sharing.received(receiver)).toMatchObject([{ state: 'revoked', copied: 1000, withdraw: false }]);
  });

  test('says why it was not copied, and goes on where it was', async () => {
    await sell('north', 10);
    const id = await accepted();
    failing = true;
    await expect(sharing.copy(receiver, id)).rejects.toThrow('shelf');
    expect(await sharing.received(receiver)).toMatchObject([{ copied: 0, error: expect.stringContaining('shelf') }]);
    failing = false;
    expect(await sharing.copy(receiver, id)).toBe(10);
    expect(await sharing.received(receiver)).toMatchObject([{ copied: 10, error: null }]);
  });
});

describe('an end', () => {
  test('with withdrawal removes what was copied and nothing else', async () => {
    await sell('north', 6001);
    await sell('own', 2, receiver);
    const [first, second] = [await accepted(), await accepted()];
    // The same rows by two shares would clash here; the second is of another shop.
    await sharing.revoke(grantor, second, ACTOR, false);
    await sharing.copy(receiver, first);
    await sharing.revoke(grantor, first, ACTOR, true);
    await host.drain();
    expect((await rowsOf(receiver)).map(({ shop }) => shop)).toEqual(['own', 'own']);
    expect((await sharing.received(receiver)).find(({ id }) => id === first)).toMatchObject({
      state: 'revoked',
      withdrawnAt: expect.any(Date),
    });
    expect(await rowsOf(grantor)).toHaveLength(6001);
  });

  test('takes nothing back against the terms, and happens once', async () => {
    const id = await accepted({ withdrawable: false });
    await expect(sharing.revoke(grantor, id, ACTOR, true)).rejects.toMatchObject({ code: 'sharing.not_withdrawable' });
    await sharing.revoke(grantor, id, ACTOR, false);
    await expect(sharing.revoke(grantor, id, ACTOR, false)).rejects.toMatchObject({ code: 'sharing.wrong_state' });
    await expect(sharing.accept(receiver, id, ACTOR)).rejects.toMatchObject({ code: 'sharing.wrong_state' });
    await expect(sharing.leave(receiver, id, ACTOR, true)).rejects.toMatchObject({ code: 'sharing.wrong_state' });
  });

  test('comes with its date, with the receiver’s will, and with a tenant', async () => {
    const dated = await accepted({ expiresAt: new Date(host.clock.now() + 1000) });
    const declined = (await offer()).id;
    const left = await accepted();
    const gone = await accepted();
    await sharing.decline(receiver, declined, ACTOR);
    await sharing.leave(receiver, left, ACTOR, false);
    host.clock.advance(2000);
    await sell('north', 1);
    expect(await sharing.copy(receiver, dated)).toBe(0);
    await sharing.sweep();
    await sharing.endAll(grantor);
    const states = Object.fromEntries((await sharing.received(receiver)).map(({ id, state }) => [id, state]));
    expect(states).toEqual({ [dated]: 'expired', [declined]: 'declined', [left]: 'left', [gone]: 'revoked' });
  });

  test('is not needed for a suspended workspace to give nothing', async () => {
    const id = await accepted();
    await sell('north', 1);
    await host.rooms.tenancy.suspend(grantor, 'unpaid');
    expect(await sharing.copy(receiver, id)).toBe(0);
  });
});

describe('nobody else', () => {
  test('sees a share, accepts it or ends it', async () => {
    const other = await host.tenant();
    const { id } = await offer();
    for (const act of [
      () => sharing.accept(other, id, ACTOR),
      () => sharing.accept(grantor, id, ACTOR),
      () => sharing.decline(other, id, ACTOR),
      () => sharing.revoke(receiver, id, ACTOR, true),
      () => sharing.revoke(other, id, ACTOR, true),
    ])
      await expect(act()).rejects.toMatchObject({ code: 'sharing.unknown' });
    expect([await sharing.given(other), await sharing.received(other), await sharing.received(grantor)]).toEqual([
      [],
      [],
      [],
    ]);
  });

  test.each([
    [{ receiver: uuidv7() }, 'sharing.receiver_unknown'],
    [{ dataset: 'test.sales/none' }, 'sharing.dataset_unknown'],
    [{ scope: {} }, 'sales.shop_missing'],
    [{ expiresAt: new Date(0) }, 'sharing.expired'],
  ])('gets an offer like %o', async (more, code) => {
    await expect(offer(more)).rejects.toMatchObject({ code });
    expect(await sharing.given(grantor)).toEqual([]);
  });

  test('is a receiver of its own, or gets a dataset that is closed', async () => {
    await expect(offer({ receiver: grantor })).rejects.toMatchObject({ code: 'sharing.to_oneself' });
    const { id } = await offer();
    await host.plugins.decide(receiver, 'test.sales', { enabled: false }, ACTOR);
    await expect(sharing.accept(receiver, id, ACTOR)).rejects.toMatchObject({ code: 'sharing.dataset_closed' });
  });
});
