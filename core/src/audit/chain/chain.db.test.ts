import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { uuidv7 } from '@podlift/sdk';
import { createTestDatabase, type TestDatabase } from '@podlift/testkit/postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { silentLog } from '../../telemetry/index.ts';
import { createAudit, migrations, type Audit } from '../index.ts';
import { createAnchors, type Anchors } from './anchors.ts';
import { createAuditSealer, type AuditSealer } from './sealer.ts';
import { verifyChains } from './verify.ts';

let database: TestDatabase;
let audit: Audit;
let sealer: AuditSealer;
let anchors: Anchors;
let folder: string;
let tenant: string;
let ids: string[];

const ACTOR = { kind: 'user', id: 'u1' };
const BY = { actor: { kind: 'system', id: 'test' }, reason: 'erasure' };
const someAct = (n: number) => ({
  tenant,
  actor: ACTOR,
  action: 'thing.done',
  target: `thing:${n}`,
  details: { n, note: 'Ünï "x"' },
});
const act = (n: number) => audit.record(null, someAct(n));
const findings = async (chain = tenant) => {
  const found = [];
  for await (const report of verifyChains({ database, anchors }, chain)) found.push(...report.findings);
  return found;
};
const kinds = async () => (await findings()).map(({ kind, seq }) => `${kind} ${seq}`);
const change = (sql: string, ...values: unknown[]) => database.admin(sql, [tenant, ...values]);

beforeAll(async () => {
  database = await createTestDatabase(inject('postgres'), { migrations });
  audit = createAudit(database);
  folder = mkdtempSync(join(tmpdir(), 'podlift-anchors-'));
  anchors = createAnchors({
    file: join(folder, 'anchors.jsonl'),
    database,
    clock: { now: () => Date.now() },
    everyMs: 0,
  });
  sealer = createAuditSealer({ database, log: silentLog });
});
afterAll(async () => {
  await database.close();
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  tenant = await database.newTenant();
  ids = [];
  for (let n = 1; n <= 8; n++) ids.push(await act(n));
  await sealer.seal();
});

describe('a chain', () => {
  it('is without gaps and verifies, the one of the installation too', async () => {
    await audit.record(null, {
      actor: ACTOR,
      action: 'plugin.active',
      target: 'plugin:x',
      details: { big: 1.5e300, t: null },
    });
    await sealer.seal();
    expect((await audit.list(tenant)).map(({ seq }) => seq)).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
    expect(await findings()).toEqual([]);
    expect(await findings('00000000-0000-0000-0000-000000000000')).toEqual([]);
  });

  it('takes what commits late, after what was sealed meanwhile', async () => {
    let commit = (): void => undefined;
    const held = new Promise<void>((go) => (commit = go));
    const late = database.withTenant({ tenant }, async (tx) => {
      await audit.record(tx, { tenant, actor: ACTOR, action: 'thing.late', target: 'thing:late' });
      await held;
    });
    await new Promise((go) => setTimeout(go, 50));
    await act(9);
    await sealer.seal();
    commit();
    await late;
    await sealer.seal();
    const rows = await audit.list(tenant);
    expect(rows.find(({ action }) => action === 'thing.late')?.seq).toBe(10);
    expect(await findings()).toEqual([]);
  });

  it('is sealed once however many nodes try, and another takes over when the first is gone', async () => {
    const others = [1, 2, 3].map(() => createAuditSealer({ database, log: silentLog }));
    await Promise.all(
      Array.from({ length: 50 }, async (_, n) => {
        await act(n);
        await Promise.all([...others, sealer].map((one) => one.seal()));
      }),
    );
    const all = [...others, sealer];
    for (const one of all) await one.seal();
    const places = (await audit.list(tenant, { limit: 200 })).map(({ seq = 0 }) => seq);
    expect(places.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 58 }, (_, n) => n + 1));
    expect(await findings()).toEqual([]);
    for (const one of all) await one.stop();
    await act(1);
    expect(await others[0]?.seal()).toBe(1);
    expect(await sealer.seal()).toBeUndefined();
    await others[0]?.stop();
  });

  it('is sealed within a second by a sealer that runs', async () => {
    sealer.start();
    await act(9);
    const started = Date.now();
    while ((await audit.list(tenant, { limit: 1 }))[0]?.seq === undefined)
      await new Promise((go) => setTimeout(go, 20));
    expect(Date.now() - started).toBeLessThan(1000);
    await sealer.stop();
  });
});

describe('verify finds', () => {
  it.each([
    [
      'an action that was changed',
      `update core.audit set action = 'x' where tenant_id = $1 and seq = 4`,
      ['changed 4'],
    ],
    [
      'details that were changed',
      `update core.audit set details = '{"n": 5}' where tenant_id = $1 and seq = 4`,
      ['changed 4'],
    ],
    [
      'a time that was changed',
      `update core.audit set "time" = "time" - interval '1 microsecond' where tenant_id = $1 and seq = 4`,
      ['changed 4'],
    ],
    [
      'a redaction that was faked',
      `update core.audit set redacted_at = now() where tenant_id = $1 and seq = 4`,
      ['changed 4'],
    ],
    ['a row that was removed', 'delete from core.audit where tenant_id = $1 and seq = 4', ['removed 4']],
    ['rows that were removed', 'delete from core.audit where tenant_id = $1 and seq between 3 and 5', ['removed 3']],
    ['the first row removed', 'delete from core.audit where tenant_id = $1 and seq = 1', ['removed 1']],
    ['the last rows removed', 'delete from core.audit where tenant_id = $1 and seq > 6', ['truncated 7']],
    [
      'the last rows removed and the head put back',
      `with gone as (delete from core.audit where tenant_id = $1 and seq > 6) update core.audit_head h set seq = 6, hash = a.hash from core.audit a where h.tenant_id = $1 and a.tenant_id = $1 and a.seq = 6`,
      ['truncated 7'],
    ],
    [
      'a row inserted at the end',
      `insert into core.audit select tenant_id, uuidv7(), actor_kind, actor_id, action, target, details, "time", via, ip, request_id, salt, digest, 9, hash from core.audit where tenant_id = $1 and seq = 8`,
      ['changed 9', 'inserted 9'],
    ],
  ])('%s', async (_, sql, expected) => {
    await anchors.write(true);
    await change(sql);
    expect(await kinds()).toEqual(expected);
  });

  it('two rows that changed places, and says where they belong', async () => {
    await change('update core.audit set seq = -1 where tenant_id = $1 and seq = 3');
    await change('update core.audit set seq = 3 where tenant_id = $1 and seq = 6');
    await change('update core.audit set seq = 6 where tenant_id = $1 and seq = -1');
    const found = await findings();
    expect(found.map(({ kind, seq }) => `${kind} ${seq}`)).toEqual(['reordered 3', 'reordered 6']);
    expect(found[0]?.message).toBe(`act ${ids[5]} stands at place 3 and was sealed at 6`);
  });

  it('a row inserted in the middle with the rest renumbered', async () => {
    await change('update core.audit set seq = -seq - 1 where tenant_id = $1 and seq > 4');
    await change('update core.audit set seq = -seq where tenant_id = $1 and seq < 0');
    await change(
      `insert into core.audit select tenant_id, uuidv7(), actor_kind, actor_id, action, target, details, "time", via, ip, request_id, salt, digest, 5, hash from core.audit where tenant_id = $1 and seq = 4`,
    );
    expect((await kinds())[0]).toBe('inserted 5');
  });

  it('a row removed from the middle with the rest renumbered', async () => {
    await change('delete from core.audit where tenant_id = $1 and seq = 4');
    for (let n = 5; n <= 8; n++)
      await change('update core.audit set seq = seq - 1 where tenant_id = $1 and seq = $2', n);
    expect((await kinds())[0]).toBe('removed 4');
  });

  it('a chain that was made anew, by its anchors only', async () => {
    await anchors.write(true);
    await change(`update core.audit set action = 'forged' where tenant_id = $1 and seq = 4`);
    await change('update core.audit set seq = null, hash = null where tenant_id = $1');
    await change('delete from core.audit_head where tenant_id = $1');
    await sealer.seal();
    expect(await kinds()).toEqual(['rewritten 8']);
  });

  it('a chain that is gone, unless its tenant was purged', async () => {
    await anchors.write(true);
    await change('delete from core.audit where tenant_id = $1');
    await change('delete from core.audit_head where tenant_id = $1');
    expect(await kinds()).toEqual(['truncated 1']);
    await audit.record(null, { actor: ACTOR, action: 'tenant.purged', target: `tenant:${tenant}` });
    expect(await kinds()).toEqual([]);
  });
});

describe('redaction', () => {
  it('takes the person out, is an act itself, and the chain still verifies', async () => {
    await anchors.write(true);
    expect(await audit.redact(tenant, { ids: ids.slice(0, 2), mentions: ['5'] }, BY)).toBe(3);
    await act(9);
    await sealer.seal();
    const rows = await audit.list(tenant);
    expect(rows.filter(({ redactedAt }) => redactedAt).map(({ seq, details }) => [seq, details])).toEqual([
      [5, {}],
      [2, {}],
      [1, {}],
    ]);
    expect(rows.find(({ action }) => action === 'audit.redacted')).toMatchObject({
      details: { acts: 3, reason: 'erasure' },
    });
    expect(await findings()).toEqual([]);
    expect(
      await database.admin(
        'select 1 from core.audit where tenant_id = $1 and redacted_at is not null and (salt is not null or ip is not null)',
        [tenant],
      ),
    ).toEqual([]);
  });

  it('finds a word as a whole and in what was said, not in the names of fields', async () => {
    for (const word of ['n', '"n"', '.*', 'creat', '('])
      expect(await audit.redact(tenant, { mentions: [word] }, BY)).toBe(0);
    await audit.record(null, { ...someAct(1), details: { to: 'ada@acme.example.test', of: ['Bo (7)'] } });
    expect(await audit.redact(tenant, { mentions: ['da@acme.example'] }, BY)).toBe(0);
    expect(await audit.redact(tenant, { mentions: ['bo (7)'] }, BY)).toBe(1);
  });

  it('of an actor leaves what operators did with the tenant', async () => {
    await audit.record(null, { ...someAct(1), operator: true, details: { reason: 'unpaid' } });
    await audit.redact(tenant, { actor: ACTOR.id }, BY);
    expect((await audit.listOperator({ tenant })).map(({ details }) => details)).toContainEqual({ reason: 'unpaid' });
  });

  it('works before the sealer came by, and on the operator’s copy', async () => {
    const id = await audit.record(null, {
      tenant,
      operator: true,
      actor: ACTOR,
      action: 'tenant.suspended',
      target: `tenant:${tenant}`,
      details: { reason: 'ada@acme.example' },
    });
    expect(await audit.redact(tenant, { mentions: ['Ada@acme.example'] }, BY)).toBe(2);
    await sealer.seal();
    expect((await audit.listOperator({ tenant })).find((one) => one.id === id)?.details).toEqual({});
    expect([...(await findings()), ...(await findings('00000000-0000-0000-0000-000000000000'))]).toEqual([]);
  });
});

describe('anchors', () => {
  it('are lines in a file that only its owner reads, once for each place', async () => {
    const before = readLines();
    expect(await anchors.write(true)).toBeGreaterThan(0);
    expect(await anchors.write(true)).toBe(0);
    expect(readLines().length).toBeGreaterThan(before.length);
    expect(statSync(anchors.file).mode & 0o777).toBe(0o600);
    const again = createAnchors({ file: anchors.file, database, clock: { now: () => Date.now() } });
    expect(await again.write(true)).toBe(0);
  });
});

describe('a restore to an earlier moment', () => {
  const INSTALLATION = '00000000-0000-0000-0000-000000000000';
  const RESTORED = { backup: 'b1', state: '2026-11-24T10:15:00.000Z', at: '2026-11-24T12:00:00.000Z' };
  const lost = async () => {
    const found = [];
    for await (const report of verifyChains({ database, anchors }, tenant)) found.push(...report.lost);
    return found;
  };
  const tables = ['audit', 'audit_head'];
  /** Puts the chain back to where it was when the copy was made. */
  const putBack = async (): Promise<void> => {
    for (const name of tables) {
      await database.admin(`delete from core.${name} where tenant_id = $1`, [tenant]);
      await database.admin(`insert into core.${name} select * from public.kept_${name}`);
    }
  };
  const restored = (id: string) =>
    audit.record(null, {
      id,
      actor: BY.actor,
      action: 'installation.restored',
      target: 'backup:b1',
      details: RESTORED,
    });
  beforeEach(async () => {
    for (const name of tables) {
      await database.admin(`drop table if exists public.kept_${name}`);
      await database.admin(
        `create table public.kept_${name} as select * from core.${name} where tenant_id = '${tenant}'`,
      );
    }
    await act(4);
    await act(5);
    await sealer.seal();
    await anchors.write(true);
    await putBack();
  });

  it('is told, and no alarm; what is cut off after it is one', async () => {
    const id = uuidv7();
    await anchors.tellRestored({ act: id, ...RESTORED });
    await anchors.tellRestored({ act: id, ...RESTORED });
    await restored(id);
    await sealer.seal();
    expect(await findings()).toEqual([]);
    const [{ seq: at } = { seq: 0 }] = await database.admin<{ seq: number }>(
      'select max(seq)::int as seq from core.audit where tenant_id = $1',
      [tenant],
    );
    expect(await lost()).toMatchObject([
      {
        from: at + 1,
        until: at + 2,
        message: `restored on ${RESTORED.at} to ${RESTORED.state} from the backup b1; the acts at places ${at + 1} to ${at + 2} were lost with it`,
      },
    ]);
    // Other acts stand at these places now.
    await act(6);
    await act(7);
    await act(8);
    await sealer.seal();
    await anchors.write(true);
    expect(await findings()).toEqual([]);
    await putBack();
    expect(await kinds()).toEqual([`truncated ${at + 1}`]);
  });

  it('that nobody carried out is an alarm', async () => {
    expect((await findings()).map(({ kind }) => kind)).toEqual(['truncated']);
    // Written into the file, without the act.
    await anchors.tellRestored({ act: uuidv7(), ...RESTORED });
    expect((await findings()).map(({ kind }) => kind)).toEqual(['truncated']);
    await sealer.seal();
    for await (const { findings: found } of verifyChains({ database, anchors }, INSTALLATION))
      expect(found).toEqual([]);
  });
});

describe('the database', () => {
  it('lets nobody who runs say where an act stands, change it or remove it', async () => {
    for (const sql of [
      'update core.audit set seq = 1 where tenant_id = $1',
      'delete from core.audit where tenant_id = $1',
      `insert into core.audit (tenant_id, id, actor_kind, actor_id, action, target, details, "time", seq) values ($1, uuidv7(), 'x', 'x', 'x', 'x', '{}', now(), 99)`,
      'delete from core.audit_head where tenant_id = $1',
      'update core.audit_checkpoint set seq = 0 where tenant_id = $1',
    ]) {
      await expect(database.withTenant({ tenant }, (tx) => tx.execute(sql, [tenant]))).rejects.toThrow(
        'permission denied',
      );
      await expect(database.system('test', (tx) => tx.execute(sql, [tenant]))).rejects.toThrow('permission denied');
    }
    for (const sql of [
      `select core.seal_audit($1, '1 s', 1)`,
      `select core.redact_audit($1, '{}')`,
      'select core.retire_audit($1, now())',
    ])
      await expect(database.withTenant({ tenant }, (tx) => tx.execute(sql, [tenant]))).rejects.toThrow(
        'permission denied',
      );
  });
});

const readLines = (): string[] => readFileSync(anchors.file, 'utf8').split('\n').filter(Boolean);
