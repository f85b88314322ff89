import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findPrograms } from './programs.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'podlift-programs-'));
  for (const name of ['redis-server', 'google-chrome', 'pgbouncer']) {
    writeFileSync(join(folder, name), '');
    chmodSync(join(folder, name), 0o755);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('finds programs by any of their names and says nothing then', () => {
  const lines: string[] = [];
  expect(findPrograms({ PATH: folder }, (line) => lines.push(line), [])).toEqual({
    redis: join(folder, 'redis-server'),
    chromium: join(folder, 'google-chrome'),
    pgbouncer: join(folder, 'pgbouncer'),
  });
  expect(lines).toEqual([]);
});

test('says what is missing and what is therefore not tested', () => {
  const lines: string[] = [];
  expect(findPrograms({ PATH: '' }, (line) => lines.push(line), [])).toEqual({});
  expect(lines).toHaveLength(3);
  expect(lines[0]).toBe('not tested: jobs and rate limits on Redis (no redis-server in PATH)');
});

test('lets nothing be left out where CI is set', () => {
  expect(() => findPrograms({ PATH: '', CI: 'true' }, () => undefined, [])).toThrow('nothing may be left out');
  expect(() => findPrograms({ PATH: folder, CI: 'true' }, () => undefined, [])).not.toThrow();
});
