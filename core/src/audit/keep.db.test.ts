import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, type TestDatabase } from '@podlift/testkit/postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { silentLog } from '../telemetry/index.ts';
import {
  auditSettingsSchema,
  checkChain,
  createAudit,
  createAuditRetention,
  createAuditSealer,
  exportChain,
  fromLines,
  migrations,
  noteAct,
  runActing,
  takeNotedActs,
  verifyChains,
  type Audit,
  type AuditSealer,
} from './index.ts';

const DAY_MS = 86_400_000;
let database: TestDatabase;
let audit: Audit;
let sealer: AuditSealer;
let tenant: string;
let now = Date.now();
const clock = { now: () => now };

beforeAll(async () => {
  database = await createTestDatabase(inject('postgres'), { migrations });
  audit = createAudit(database, clock);
  sealer = createAuditSealer({ database, log: silentLog });
});
afterAll(() => database.close());
beforeEach(async () => {
  now = Date.now();
  tenant = await database.newTenant();
});

const act = (action = 'thing.done', details = {}) =>
  audit.record(null, { tenant, actor: { kind: 'user', id: 'u1' }, action, target: 'thing:1', details });
const verify = async () => {
  for await (const report of verifyChains({ database }, tenant)) return report;
  throw new Error('no report');
};
const text = async (format: 'ndjson' | 'csv', after?: number) => {
  let all = '';
  for await (const piece of exportChain(database, { chain: tenant, format, ...(after !== undefined && { after }) }))
    all += piece;
  return all;
};
const verifyText = async (lines: string) => {
  const { start, head, rows } = await fromLines(
    (async function* () {
      yield* lines.split('\n').filter(Boolean);
    })(),
  );
  return checkChain(rows, { start, head, anchors: [] });
};

describe('retention', () => {
  it('removes what is past its time, and the rest verifies against the checkpoint', async () => {
    now -= 40 * DAY_MS;
    for (let n = 0; n < 5; n++) await act();
    await sealer.seal();
    now += 40 * DAY_MS;
    for (let n = 0; n < 3; n++) await act();
    await sealer.seal();
    const retention = createAuditRetention({
      database,
      audit,
      clock,
      log: silentLog,
      daysOf: async () => 30,
      ownDays: 9999,
    });
    expect(await retention.retire(tenant)).toBe(5);
    expect(await retention.retire(tenant)).toBe(0);
    await sealer.seal();
    expect(await verify()).toMatchObject({ acts: 4, retired: 5, findings: [] });
    expect((await audit.list(tenant, { action: 'audit.retired' }))[0]?.details).toMatchObject({ acts: 5, until: 5 });
    await database.admin('delete from core.audit where tenant_id = $1 and seq = 6', [tenant]);
    expect((await verify()).findings.map(({ kind }) => kind)).toEqual(['removed']);
  });

  it('may empty a chain, which goes on behind its checkpoint', async () => {
    now -= 400 * DAY_MS;
    await act();
    await sealer.seal();
    now += 400 * DAY_MS;
    const retention = createAuditRetention({
      database,
      audit,
      clock,
      log: silentLog,
      daysOf: async () => 365,
      ownDays: 9999,
    });
    expect(await retention.retireAll()).toBe(1);
    await sealer.seal();
    expect(await verify()).toMatchObject({ acts: 1, retired: 1, findings: [] });
  });

  it('keeps what was not sealed yet, and lets no tenant go below the minimum', async () => {
    now -= 400 * DAY_MS;
    await act();
    now += 400 * DAY_MS;
    const retention = createAuditRetention({
      database,
      audit,
      clock,
      log: silentLog,
      daysOf: async () => 1,
      ownDays: 9999,
    });
    expect(await retention.retire(tenant)).toBe(0);
    expect(auditSettingsSchema(365).parse({})).toEqual({ retentionDays: 1095 });
    expect(auditSettingsSchema(365).safeParse({ retentionDays: 364 }).error?.message).toContain('at least 365 days');
  });
});

describe('an export', () => {
  it('verifies far from the database, and shows what was changed in it', async () => {
    for (let n = 0; n < 30; n++)
      await act('thing.done', { n, text: 'Ü "quoted", and ,"details": inside', big: 2 ** 60 });
    await audit.redact(
      tenant,
      { ids: [await act('thing.erased', { mail: 'ada@acme.example' })] },
      { actor: { kind: 'system', id: 't' }, reason: 'x' },
    );
    await sealer.seal();
    const lines = await text('ndjson');
    expect(lines).not.toContain('ada@acme.example');
    expect(
      lines
        .trim()
        .split('\n')
        .map((line): unknown => JSON.parse(line)),
    ).toHaveLength(34);
    expect(await verifyText(lines)).toMatchObject({ rows: 32, findings: [] });
    expect((await verifyText(lines.replace('"n": 7', '"n": 8'))).findings).toMatchObject([{ kind: 'changed', seq: 8 }]);
    expect((await verifyText(lines.split('\n').toSpliced(5, 1).join('\n'))).findings).toMatchObject([
      { kind: 'removed', seq: 5 },
    ]);
    const rest = await text('ndjson', 30);
    expect(await verifyText(rest)).toMatchObject({ rows: 2, findings: [] });
  });

  it('is a table for people, where no cell becomes a formula', async () => {
    await act('=HYPERLINK("x")', { a: 1 });
    await sealer.seal();
    const [head, row] = (await text('csv')).split('\r\n');
    expect(head).toMatch(/^seq,time,actor_kind/);
    expect(row).toContain(`"'=HYPERLINK(""x"")"`);
    expect(row).toContain('"{""a"": 1}"');
  });
});

describe('acts without a database', () => {
  it('wait in the data directory and are taken in once', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'podlift-noted-'));
    try {
      await noteAct(dataDir, { actor: { kind: 'system', id: 'cli' }, action: 'backup.restored', target: 'backup:b1' });
      const [name = ''] = readdirSync(join(dataDir, 'acts'));
      const again = readFileSync(join(dataDir, 'acts', name), 'utf8');
      expect(await takeNotedActs(dataDir, audit)).toBe(1);
      writeFileSync(join(dataDir, 'acts', name), again);
      expect(await takeNotedActs(dataDir, audit)).toBe(1);
      expect(await takeNotedActs(dataDir, audit)).toBe(0);
      expect(await audit.listOperator({ target: 'backup:b1' })).toMatchObject([
        { via: 'cli', action: 'backup.restored' },
      ]);
    } finally {
      rmSync(dataDir, { recursive: true });
    }
  });
});

describe('a row', () => {
  it('tells by which way, from where and in which request it came', async () => {
    await runActing({ via: 'rest', ip: '203.0.113.7', requestId: 'r1' }, async (acting) => {
      await act();
      expect(acting.recorded).toBe(1);
    });
    await act('other.done');
    expect(await audit.list(tenant)).toMatchObject([
      { via: 'system', ip: undefined, requestId: undefined },
      { via: 'rest', ip: '203.0.113.7', requestId: 'r1' },
    ]);
  });

  it('is found by actor and time', async () => {
    const before = new Date();
    await act();
    await audit.record(null, { tenant, actor: { kind: 'key', id: 'k1' }, action: 'a.b', target: 'c:d' });
    expect(await audit.list(tenant, { actor: 'k1' })).toHaveLength(1);
    expect(await audit.list(tenant, { from: new Date(before.getTime() - 1000) })).toHaveLength(2);
    expect(await audit.list(tenant, { until: new Date(before.getTime() - 1000) })).toHaveLength(0);
    expect(await audit.list(tenant, { from: new Date(Date.now() + 1000) })).toHaveLength(0);
  });

  it('of before there was a chain is sealed like any other', async () => {
    await database.admin(
      `insert into core.audit (tenant_id, id, actor_kind, actor_id, action, target, details, "time") values ($1, uuidv7(), 'user', 'u', 'old.act', 'x', '{"a": 1.50}', '2026-01-01 10:00:00.123456+00')`,
      [tenant],
    );
    await sealer.seal();
    expect(await verify()).toMatchObject({ acts: 1, findings: [] });
  });
});
