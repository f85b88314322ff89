import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { asAdmin, createDatabase, type OwnDatabase } from './testing/database.ts';
import { createHome, type Home } from './testing/home.ts';

const SLOW = 120_000;
const EMAIL = 'ada.subject@example.com';

describe('`podlift subject` and `podlift retention`, as processes', () => {
  let database: OwnDatabase;
  let home: Home;
  const dir = mkdtempSync(join(tmpdir(), 'podlift-subject-'));
  const about = ['--tenant', 'acme', '--is', `email=${EMAIL}`];
  const invited = () =>
    asAdmin(database.url, async (client) => (await client.query('select email from core.invitation')).rows);
  beforeAll(async () => {
    database = await createDatabase(inject('postgres'));
    home = createHome(database.env);
    const { id } = (await home.ask('tenant', 'create', 'acme')) as { id: string };
    await asAdmin(database.url, (client) =>
      client.query(
        `insert into core.invitation (tenant_id, id, email, role, hash, invited_by, created_at, expires_at)
         values ($1, gen_random_uuid(), $2, 'viewer', 'x', 'user:u1', now(), now() + interval '1 day')`,
        [id, EMAIL],
      ),
    );
  }, SLOW);
  afterAll(async () => {
    await home.remove();
    await database.drop();
    rmSync(dir, { recursive: true, force: true });
  });

  test('hand a person out, erase them, and know the requests afterwards', { timeout: SLOW }, async () => {
    const file = join(dir, 'ada.tar');
    const out = (await home.ask('subject', 'export', ...about, '--out', file, '--note', 'Ticket 1')) as object;
    expect(out).toMatchObject({ state: 'done', file });
    expect(readFileSync(file, 'utf8')).toContain(EMAIL);
    const erased = await home.podlift('subject', 'erase', ...about);
    expect([erased.code, erased.stdout]).toEqual([0, expect.stringMatching(/core\.invitation[^]*Erased; request /)]);
    expect(await invited()).toEqual([]);
    expect(await home.ask('subject', 'list', '--tenant', 'acme')).toMatchObject([
      { kind: 'erase', state: 'done', givenBy: ['email'] },
      { kind: 'export', state: 'done', note: 'Ticket 1' },
    ]);
    expect(await home.ask('subject', 'reapply', '--tenant', 'acme')).toEqual({ erased: [] });
  });

  test('refuse what cannot be, in a sentence', { timeout: SLOW }, async () => {
    const file = join(dir, 'nobody.tar');
    const answers = [
      await home.podlift('subject', 'export', '--tenant', 'acme', '--is', 'shoe=42', '--out', file),
      await home.podlift('subject', 'erase', '--tenant', 'nowhere', '--is', `email=${EMAIL}`),
    ];
    expect(answers.map(({ code }) => code)).not.toContain(0);
    expect(answers.map(({ stderr }) => stderr)).toEqual([
      expect.stringContaining('shoe'),
      expect.stringContaining('nowhere'),
    ]);
    expect(existsSync(file)).toBe(false);
  });

  test('show what is due and remove it when told to', { timeout: SLOW }, async () => {
    const due = (await home.ask('retention', '--tenant', 'acme')) as { removed: unknown[] };
    const run = (await home.ask('retention', '--tenant', 'acme', '--run')) as { removed: unknown[] };
    expect(run.removed).toEqual(due.removed);
    expect(((await home.ask('retention', '--tenant', 'acme')) as { removed: unknown[] }).removed).toEqual([]);
  });
});
