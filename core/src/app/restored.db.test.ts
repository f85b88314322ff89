import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHome, type Home } from './testing/home.ts';
import type { Product } from './testing/product.ts';

const SLOW = 200_000;
const PATIENCE = { timeout: 60_000, interval: 100 };
const EMAIL = 'ada.restored@example.com';

interface Verified {
  readonly ok: boolean;
  readonly chains: readonly {
    readonly chain: string;
    readonly findings: readonly { readonly kind: string }[];
    readonly lost: readonly { readonly message: string }[];
  }[];
}

describe('an installation that goes back to before an erasure', () => {
  let home: Home;
  let outside: string;
  let product: Product;
  let tenant: string;
  const sql = async <T extends object>(text: string, values: readonly unknown[] = []): Promise<T[]> => {
    const client = new pg.Client({ connectionString: home.postgresUrl() });
    await client.connect();
    try {
      // The caller says what its own statement returns.
      return (await client.query(text, [...values])).rows as T[];
    } finally {
      await client.end();
    }
  };
  const invited = () => sql('select email from core.invitation where email = $1', [EMAIL]);
  const acts = async (action: string): Promise<number> =>
    (await sql(`select id from core.operator_audit where action = $1 and seq is not null`, [action])).length;
  const verify = async (): Promise<Verified> => {
    const { stdout } = await home.podlift('audit', 'verify', '--json');
    return JSON.parse(stdout) as Verified;
  };
  beforeAll(async () => {
    outside = mkdtempSync(join(tmpdir(), 'podlift-backups-'));
    home = createHome({ PODLIFT_BACKUP_DIR: join(outside, 'backups') });
    product = await home.start(['start', '--empty']);
    tenant = ((await home.ask('tenant', 'create', 'acme')) as { id: string }).id;
    await sql(
      `insert into core.invitation (tenant_id, id, email, role, hash, invited_by, created_at, expires_at)
       values ($1, gen_random_uuid(), $2, 'viewer', 'x', 'user:u1', now(), now() + interval '1 day')`,
      [tenant, EMAIL],
    );
    await home.ask('backup', 'create');
  }, SLOW);
  afterAll(async () => {
    await home.remove();
    rmSync(outside, { recursive: true, force: true });
  });

  test('erases again at the first start, and tells what the trail lost', { timeout: SLOW }, async () => {
    // The first request of a person in this workspace: the key of the hashes is younger than the backup.
    await home.ask('subject', 'erase', '--tenant', 'acme', '--is', `email=${EMAIL}`);
    expect(await invited()).toEqual([]);
    await home.ask('tenant', 'create', 'younger');
    await home.ask('audit', 'anchors', '--write');
    expect(await product.kill('SIGTERM')).toBe(0);

    await home.ask('restore', 'latest', '--force');
    product = await home.start(['start', '--empty']);
    await expect.poll(() => acts('installation.restored'), PATIENCE).toBe(1);
    await expect.poll(invited, PATIENCE).toEqual([]);
    await expect
      .poll(() => sql(`select id from core.audit where action = 'privacy.erased_again'`), PATIENCE)
      .toHaveLength(1);
    expect(await sql('select kind from core.erasure where tenant_id = $1', [tenant])).toContainEqual({ kind: 'email' });
    await home.ask('audit', 'anchors', '--write');
    const { ok, chains } = await verify();
    expect(chains.flatMap(({ findings }) => findings)).toEqual([]);
    expect(ok).toBe(true);
    const told = chains.filter(({ lost }) => lost.length > 0);
    expect(told.map(({ chain }) => chain)).toEqual(expect.arrayContaining(['installation', tenant]));
    expect(told[0]?.lost[0]?.message).toMatch(/^restored on .+Z to .+Z from the backup .+ lost with it$/);
  });

  test('cries when a tail is cut off without a restore', { timeout: SLOW }, async () => {
    await sql(`delete from core.audit where tenant_id = $1 and action = 'privacy.erased_again'`, [tenant]);
    await sql(
      `update core.audit_head h set seq = a.seq, hash = a.hash
       from (select seq, hash from core.audit where tenant_id = $1 order by seq desc nulls last limit 1) a where h.tenant_id = $1`,
      [tenant],
    );
    const { ok, chains } = await verify();
    expect(ok).toBe(false);
    expect(chains.flatMap(({ findings }) => findings.map(({ kind }) => kind))).toContain('truncated');
    expect(await product.kill('SIGTERM')).toBe(0);
  });
});
