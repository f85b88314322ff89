import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createDatabase, type OwnDatabase } from '../../app/testing/database.ts';
import { createHome, type Home } from '../../app/testing/home.ts';
import { operationsOf } from '../../app/testing/walk.ts';

const SLOW = 240_000;
const PASSPHRASE = { PODLIFT_PASSPHRASE: 'a long enough passphrase' };

/** Installations on one server: other databases and other folders. */
describe('a tenant with data of every plugin moves to another installation', () => {
  const databases: OwnDatabase[] = [];
  const homes: Home[] = [];
  const dir = mkdtempSync(join(tmpdir(), 'podlift-move-'));
  const archive = join(dir, 'demo.tar');
  let from: Home;
  let to: Home;
  let third: Home;
  let key: string;

  beforeAll(async () => {
    const install = async (): Promise<Home> => {
      const database = await createDatabase(inject('postgres'));
      const home = createHome({ ...database.env, ...PASSPHRASE });
      databases.push(database);
      homes.push(home);
      return home;
    };
    from = await install();
    to = await install();
    third = await install();
    await from.ask('demo', '--touchpoints', '3000');
    key = ((await from.ask('key', 'create', '--tenant', 'demo', '--name', 'reader')) as { key: string }).key;
  }, SLOW);
  afterAll(async () => {
    for (const home of homes) await home.remove();
    for (const database of databases) await database.drop();
    rmSync(dir, { recursive: true, force: true });
  });

  test('every table is the same there', { timeout: SLOW }, async () => {
    const out = (await from.ask('tenant', 'export', 'demo', '--out', archive, '--encrypt')) as { rows: number };
    expect(out.rows).toBeGreaterThan(3000);
    expect(readFileSync(archive).includes('touchpoint')).toBe(false);
    const report = (await to.ask('tenant', 'import', archive)) as { rows: number };
    expect(report.rows).toBe(out.rows);
    const same = (await to.ask('tenant', 'compare', 'demo', archive)) as {
      differences: { table: string }[];
      compared: number;
    };
    expect(same.compared).toBeGreaterThan(30);
    // Jobs that waited there wait here, to be run.
    expect(same.differences.filter(({ table }) => table !== 'core.job')).toEqual([]);
  });

  test('and every answer, to the same key', { timeout: SLOW }, async () => {
    const [one, two] = [await from.start(['start', '--empty']), await to.start(['start', '--empty'])];
    const answer = await fetch(`${one.url}/openapi.json`);
    expect(answer.status).toBe(200);
    const document: unknown = await answer.json();
    const paths = operationsOf(document)
      .filter(
        ({ method, pathParams, isPublic, path }) =>
          method === 'GET' && pathParams.length === 0 && !isPublic && COMPARED.test(path),
      )
      .map(({ path }) => path);
    expect(paths.length).toBeGreaterThan(10);
    const answers = async (url: string): Promise<Record<string, unknown>> => {
      const all: Record<string, unknown> = {};
      for (const path of paths) {
        const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${key}` } });
        all[path] = { status: response.status, body: (await response.text()).replaceAll(VOLATILE, '') };
      }
      return all;
    };
    const [there, here] = [await answers(one.url), await answers(two.url)];
    expect(here).toEqual(there);
    expect(Object.values(here).filter((one) => JSON.stringify(one).includes('"status":200')).length).toBeGreaterThan(8);
    await Promise.all([one.kill('SIGTERM'), two.kill('SIGTERM')]);
  });

  test('kill -9 of the import at any moment: run again, it goes on and ends whole', { timeout: SLOW }, async () => {
    let killed = 0;
    const statuses = new Set<string>();
    for (const ms of [900, 1300, 1700, 2100, 2500, 2900]) {
      const product = third.launch(['tenant', 'import', archive, '--json']);
      await sleep(ms);
      if ((await product.kill('SIGKILL')) === 'SIGKILL') killed++;
      const [found] = (await third.ask('tenant', 'list')) as { status: string }[];
      statuses.add(found?.status ?? 'importing');
    }
    expect(killed).toBeGreaterThan(0);
    // Nobody gets in before it is whole.
    expect([...statuses].filter((one) => one !== 'importing' && one !== 'active')).toEqual([]);
    await third.ask('tenant', 'import', archive);
    const same = (await third.ask('tenant', 'compare', 'demo', archive)) as { differences: { table: string }[] };
    expect(same.differences.filter(({ table }) => table !== 'core.job')).toEqual([]);
    expect(await third.ask('tenant', 'import', archive)).toMatchObject({ before: true });
  });

  test(
    'an archive that was changed or cut off, or whose passphrase is another, brings nothing in',
    { timeout: SLOW },
    async () => {
      const bad = join(dir, 'bad.tar');
      const whole = readFileSync(archive);
      const changed = Buffer.from(whole);
      changed.writeUInt8((whole[whole.length >> 1] ?? 0) ^ 1, whole.length >> 1);
      for (const bytes of [changed, whole.subarray(0, whole.length - 1000), Buffer.from('not an archive at all')]) {
        writeFileSync(bad, bytes);
        const { code, stderr } = await to.podlift('tenant', 'import', bad, '--as', 'other');
        expect(code).not.toBe(0);
        expect(stderr).toMatch(/archive/);
      }
      const product = to.launch(['tenant', 'import', archive], {
        env: { PODLIFT_PASSPHRASE: 'another long passphrase' },
      });
      expect(await product.exit).not.toBe(0);
      expect(product.stderr()).toContain('The passphrase does not open the archive');
      expect(await to.ask('tenant', 'list')).toHaveLength(1);
    },
  );

  test('a second archive of a tenant that lives here is refused in one sentence', { timeout: SLOW }, async () => {
    const again = join(dir, 'again.tar');
    await from.ask('tenant', 'export', 'demo', '--out', again);
    const { code, stderr } = await to.podlift('tenant', 'import', again);
    expect(code).toBe(1);
    expect(stderr).toContain('lives here already, as "demo"');
  });
});

/** What is the tenant's own; not what an installation says of itself, of its clock or of who asks. */
const COMPARED =
  /^\/api\/v1\/(?!jobs|me$|audit|events|plugins|system|notifications|inbox|usage|quotas|tenants|openapi|backups|search|flags)/;

/** How far roll-ups are is the affair of the jobs that make them. */
const VOLATILE = /"requestId":"[^"]*"|"outdatedSince":(?:null|"[^"]*")/g;
