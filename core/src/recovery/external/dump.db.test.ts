import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { dumpDatabase } from './dump.ts';

describe('a database that is not ours', () => {
  let dir: string;
  beforeAll(() => void (dir = mkdtempSync(join(tmpdir(), 'podlift-dump-'))));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  const program = (name: string, body: string): string => {
    const file = join(dir, name);
    writeFileSync(file, `#!/bin/sh\n${body}\n`);
    chmodSync(file, 0o755);
    return file;
  };
  const { url } = inject('postgres');

  test('is dumped by the pg_dump of this machine, or it is said why not', async () => {
    const folder = join(dir, 'one');
    const result = await dumpDatabase(url, folder).catch((error: { code?: string }) => error.code);
    const why = typeof result === 'object' ? 'dumped' : result;
    if (why !== 'dumped') console.log(`pg_dump was not tried on a good database: ${why}`);
    expect(why).toMatch(/^dumped$|dumper_(missing|old)/);
    expect(typeof result !== 'object' || existsSync(result.file)).toBe(true);
  });

  test('says what to ask of the provider when there is no pg_dump, or an older one', async () => {
    await expect(dumpDatabase(url, dir, join(dir, 'nowhere'))).rejects.toMatchObject({
      code: 'recovery.dumper_missing',
      message: expect.stringContaining('point-in-time'),
    });
    await expect(dumpDatabase(url, dir, program('old', 'echo "pg_dump (PostgreSQL) 15.1"'))).rejects.toMatchObject({
      code: 'recovery.dumper_old',
    });
  });

  test('keeps no half dump, and shows no password to the machine', async () => {
    const failing = program(
      'failing',
      'case "$1" in --version) echo "pg_dump (PostgreSQL) 99.1";; *) echo "$@ half" > "${3#--file=}"; echo "query would be affected by row-level security" >&2; exit 1;; esac',
    );
    const folder = join(dir, 'two');
    await expect(dumpDatabase(url, folder, failing)).rejects.toMatchObject({
      code: 'recovery.dump_failed',
      message: expect.stringContaining('BYPASSRLS'),
    });
    expect(readdirSync(join(folder, 'dumps'))).toEqual([]);
    const good = program(
      'good',
      'case "$1" in --version) echo "pg_dump (PostgreSQL) 99.1";; *) echo "$@" > "${3#--file=}";; esac',
    );
    const dump = await dumpDatabase(url, folder, good);
    expect(readdirSync(join(folder, 'dumps')).toSorted()).toEqual([`${dump.id}.dump`, `${dump.id}.dump.sha256`]);
    expect(readFileSync(dump.file, 'utf8')).not.toContain(new URL(url).password);
  });
});
