import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canTraverse, serverAccount } from './account.ts';
import { clusterDir, reachableCopy } from './place.ts';

/** Nobody has this number. */
const STRANGER = { uid: 54_321, gid: 54_321 };
const isRoot = process.getuid?.() === 0;
let home: string;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'podlift-account-'));
  chmodSync(home, 0o755);
  mkdirSync(join(home, 'closed', 'native', 'bin'), { recursive: true });
  writeFileSync(join(home, 'closed', 'native', 'bin', 'postgres'), 'program');
  chmodSync(join(home, 'closed'), 0o700);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe.runIf(process.platform !== 'win32')('the account of the server', () => {
  test('is never root', () => {
    expect(serverAccount().uid).not.toBe(0);
  });

  test('passes through open folders only', () => {
    expect(canTraverse(join(home, 'open', 'not', 'made'), STRANGER)).toBe(true);
    expect(canTraverse(join(home, 'closed', 'native'), STRANGER)).toBe(false);
    expect(canTraverse(join(home, 'closed'), {})).toBe(true);
  });

  test('gets its files where it can reach them, always at the same place', () => {
    expect(clusterDir(join(home, 'open', 'postgres'), STRANGER)).toBe(join(home, 'open', 'postgres'));
    const elsewhere = clusterDir(join(home, 'closed', 'postgres'), STRANGER);
    expect(elsewhere.startsWith(home)).toBe(false);
    expect(clusterDir(join(home, 'closed', 'postgres'), STRANGER)).toBe(elsewhere);
    expect(clusterDir(join(home, 'closed', 'other', 'postgres'), STRANGER)).not.toBe(elsewhere);
  });

  test.runIf(isRoot)('gets a copy of the programs when it cannot reach them, made once', () => {
    const native = join(home, 'closed', 'native');
    const copy = reachableCopy(native, STRANGER);
    try {
      expect(copy).not.toBe(native);
      expect(readFileSync(join(copy, 'bin', 'postgres'), 'utf8')).toBe('program');
      expect(canTraverse(copy, STRANGER)).toBe(true);
      writeFileSync(join(copy, 'bin', 'mark'), '');
      expect(reachableCopy(native, STRANGER)).toBe(copy);
      expect(existsSync(join(copy, 'bin', 'mark'))).toBe(true);
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
    expect(reachableCopy(join(home, 'open'), STRANGER)).toBe(join(home, 'open'));
  });

  test.runIf(isRoot && canTraverse(dirname(fileURLToPath(import.meta.url)), STRANGER))(
    'needs an entry in /etc/passwd, and says what to do without one',
    () => {
      const script = `const { serverAccount } = await import(${JSON.stringify(new URL('account.ts', import.meta.url).href)});
        try { serverAccount(); } catch (error) { console.log(error.code, error.message); }`;
      const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
        ...STRANGER,
        encoding: 'utf8',
        cwd: home,
      });
      expect(said).toContain('embedded_unsupported');
      expect(said).toContain('54321');
      expect(said).toContain('DATABASE_URL');
    },
  );
});
