import { createTestDatabase, type TestDatabase } from '@podlift/testkit/postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { createAudit, migrations, type Audit, type AuditEntry } from './index.ts';

let database: TestDatabase;
let audit: Audit;
let tenant: string;

beforeAll(async () => {
  database = await createTestDatabase(inject('postgres'), { migrations });
  audit = createAudit(database);
});
afterAll(() => database.close());
beforeEach(async () => {
  tenant = await database.newTenant();
});

const enabled = (details?: AuditEntry['details']): AuditEntry => ({
  tenant,
  actor: { kind: 'user', id: 'u1' },
  action: 'plugin.enabled',
  target: 'plugin:podlift.tracking',
  ...(details && { details }),
});

describe('audit', () => {
  it('keeps an act with the change it belongs to, or not at all', async () => {
    await database.withTenant({ tenant }, (tx) => audit.record(tx, enabled({ plan: 'pro' })));
    await expect(
      database.withTenant({ tenant }, async (tx) => {
        await audit.record(tx, enabled());
        throw new Error('undo');
      }),
    ).rejects.toThrow('undo');
    const [act, ...more] = await audit.list(tenant);
    expect(more).toEqual([]);
    expect(act).toMatchObject({
      tenant,
      actor: { kind: 'user', id: 'u1' },
      action: 'plugin.enabled',
      details: { plan: 'pro' },
    });
  });

  it('masks what has the name of a secret', async () => {
    await audit.record(null, enabled({ password: 'hunter2' }));
    expect(JSON.stringify(await audit.list(tenant))).not.toContain('hunter2');
  });

  it('pages by cursor and filters by action and target', async () => {
    const ids: string[] = [];
    for (const action of ['a.done', 'b.done', 'a.done', 'a.done'])
      ids.push(await audit.record(null, { ...enabled(), action }));
    const first = await audit.list(tenant, { action: 'a.done', limit: 2 });
    const rest = await audit.list(tenant, { action: 'a.done', limit: 2, after: first.at(-1)?.id ?? '' });
    expect([...first, ...rest].map(({ id }) => id)).toEqual([ids[3], ids[2], ids[0]]);
    expect(await audit.list(tenant, { target: 'nobody' })).toEqual([]);
  });

  it('keeps acts of the installation apart, and shows an operator act to both', async () => {
    await audit.record(null, { actor: { kind: 'system', id: 'host' }, action: 'plugin.degraded', target: 'plugin:x' });
    await audit.record(null, { ...enabled(), operator: true, action: 'tenant.suspended' });
    expect((await audit.list(tenant)).map(({ action }) => action)).toEqual(['tenant.suspended']);
    expect((await audit.listOperator({ tenant })).map(({ action }) => action)).toEqual(['tenant.suspended']);
    expect((await audit.listOperator()).map(({ action }) => action)).toContain('plugin.degraded');
  });

  it('works inside a transaction of the system too', async () => {
    await database.system('test', (tx) => audit.record(tx, { ...enabled(), operator: true }));
    expect((await audit.list(tenant)).length).toBe(1);
  });

  it('shows nobody another tenant', async () => {
    await audit.record(null, enabled());
    expect(await audit.list(await database.newTenant())).toEqual([]);
  });

  it('can be neither changed nor removed by the running host, and operators’ acts not even read', async () => {
    await audit.record(null, enabled());
    for (const sql of [
      "update core.audit set action = 'x' where tenant_id = $1",
      'delete from core.audit where tenant_id = $1',
    ]) {
      await expect(database.withTenant({ tenant }, (tx) => tx.execute(sql, [tenant]))).rejects.toThrow(
        'permission denied',
      );
    }
    for (const sql of [
      "update core.operator_audit set action = 'x'",
      'delete from core.operator_audit',
      'select 1 from core.operator_audit',
    ]) {
      await expect(database.query(sql)).rejects.toThrow('permission denied');
    }
    for (const sql of ["update core.operator_audit set action = 'x'", 'delete from core.operator_audit']) {
      await expect(database.system('test', (tx) => tx.execute(sql))).rejects.toThrow('permission denied');
    }
  });
});
