import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, type TestDatabase } from '@podlift/testkit/postgres';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createFiles, createFilesHealth, migrations, type Files, type FileScope } from './index.ts';

let database: TestDatabase;
let root: string;
let files: Files;
let now = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'podlift-files-'));
  database = await createTestDatabase(inject('postgres'), { migrations });
  files = createFiles({ root, database, clock: { now: () => Date.now() + now }, quota: 1000, maxBytes: 600 });
});
afterAll(async () => {
  await database?.close();
  await rm(root, { recursive: true, force: true });
});

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const about = { type: 'text/plain', name: 'a.txt' };
const newScope = async (owner = 'core'): Promise<FileScope> => ({ tenant: await database.newTenant(), owner });
const pathOf = ({ tenant }: FileScope, text: string): string =>
  join(root, tenant, digestOf(text).slice(0, 2), digestOf(text));

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield bytes(text);
}

describe('files', () => {
  test('are named by their digest and come back as they were', async () => {
    const scope = await newScope();
    const record = await files.put(scope, bytes('hello'), about);
    expect(record).toMatchObject({ ...about, digest: digestOf('hello'), size: 5 });
    expect(new TextDecoder().decode(await files.get(scope, record.digest))).toBe('hello');
    expect(await files.stat(scope, record.digest)).toEqual(record);
    expect((await stat(pathOf(scope, 'hello'))).mode & 0o777).toBe(0o600);
  });

  test('may come and go as streams', async () => {
    const scope = await newScope();
    const { digest, size } = await files.put(scope, pieces('he', 'll', 'o'), about);
    expect([digest, size]).toEqual([digestOf('hello'), 5]);
    const { record, body } = await files.open(scope, digest);
    expect([record.size, await new Response(body).text()]).toEqual([5, 'hello']);
  });

  test('are kept once, however often and at once they are put', async () => {
    const scope = await newScope();
    const records = await Promise.all(Array.from({ length: 10 }, () => files.put(scope, bytes('same'), about)));
    expect(new Set(records.map((one) => one.digest)).size).toBe(1);
    expect(await files.used(scope.tenant)).toBe(4);
    expect(await readdir(join(root, '.drafts'))).toEqual([]);
  });

  test('are seen by their tenant and owner only', async () => {
    const scope = await newScope('acme.one');
    const { digest } = await files.put(scope, bytes('private'), about);
    for (const other of [await newScope('acme.one'), { ...scope, owner: 'acme.two' }]) {
      await expect(files.get(other, digest)).rejects.toMatchObject({ code: 'not_found', kind: 'missing' });
      expect(await files.stat(other, digest)).toBeUndefined();
      expect(await files.list(other)).toEqual([]);
      expect(await files.delete(other, digest)).toBe(false);
    }
    expect(await files.get(scope, digest)).toHaveLength(7);
  });

  test.each(['', '../../etc/passwd', 'A'.repeat(64), `${'a'.repeat(63)}/`, 'a'.repeat(63)])(
    '%j names no file',
    async (digest) => {
      await expect(files.get(await newScope(), digest)).rejects.toMatchObject({ code: 'not_found' });
    },
  );

  test('can be listed by page', async () => {
    const scope = await newScope();
    for (const text of ['a', 'b', 'c']) await files.put(scope, bytes(text), about);
    const first = await files.list(scope, { limit: 2 });
    const rest = await files.list(scope, { after: first.at(-1)?.digest ?? '' });
    expect([...first, ...rest].map((one) => one.digest)).toEqual(['a', 'b', 'c'].map(digestOf).sort());
  });
});

describe('limits', () => {
  test('a file may be so large, and leaves nothing behind when it is larger', async () => {
    const scope = await newScope();
    await expect(files.put(scope, pieces('x'.repeat(500), 'x'.repeat(101)), about)).rejects.toMatchObject({
      code: 'files.too_large',
    });
    await expect(files.put(scope, bytes('abc'), about, { maxBytes: 2 })).rejects.toMatchObject({
      code: 'files.too_large',
    });
    expect(await readdir(join(root, '.drafts'))).toEqual([]);
    await expect(stat(join(root, scope.tenant))).rejects.toThrow('ENOENT');
  });

  test('a tenant may keep so much, exactly, however many put at once', async () => {
    const scope = await newScope();
    const puts = Array.from({ length: 10 }, (_, at) => files.put(scope, bytes(`${at}`.repeat(300)), about));
    const results = await Promise.allSettled(puts);
    expect(results.filter((one) => one.status === 'fulfilled')).toHaveLength(3);
    expect(results.find((one) => one.status === 'rejected')?.reason).toMatchObject({
      code: 'quota_exceeded',
      kind: 'limit',
    });
    expect(await files.used(scope.tenant)).toBe(900);
    await expect(files.put({ ...scope, owner: 'acme.x' }, bytes('y'.repeat(200)), about)).rejects.toMatchObject({
      code: 'quota_exceeded',
    });
  });

  test('a stream that fails keeps nothing', async () => {
    async function* torn(): AsyncGenerator<Uint8Array> {
      yield bytes('half');
      throw new Error('the sender went away');
    }
    await expect(files.put(await newScope(), torn(), about)).rejects.toThrow('the sender went away');
    expect(await readdir(join(root, '.drafts'))).toEqual([]);
  });
});

describe('a transaction of the caller', () => {
  test('keeps the file when it commits', async () => {
    const scope = await newScope();
    await database.withTenant({ tenant: scope.tenant }, (tx) => files.put(scope, bytes('with'), about, { tx }));
    expect(await files.get(scope, digestOf('with'))).toHaveLength(4);
  });

  test('keeps no row when it fails, and the sweep takes the bytes', async () => {
    const scope = await newScope();
    const failing = database.withTenant({ tenant: scope.tenant }, async (tx) => {
      await files.put(scope, bytes('undone'), about, { tx });
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await expect(files.get(scope, digestOf('undone'))).rejects.toMatchObject({ code: 'not_found' });
    const kept = await files.put(scope, bytes('kept'), about);
    expect(await files.sweep()).toBe(0);
    now = 2 * 3600_000;
    await writeFile(join(root, '.drafts', 'left-by-a-crash'), 'x');
    expect(await files.sweep()).toBeGreaterThanOrEqual(1);
    now = 0;
    await expect(stat(pathOf(scope, 'undone'))).rejects.toThrow('ENOENT');
    expect(await readdir(join(root, '.drafts'))).toEqual([]);
    expect(await files.get(scope, kept.digest)).toHaveLength(4);
  });
});

describe('the disk', () => {
  test('is checked on reading', async () => {
    const scope = await newScope();
    const { digest } = await files.put(scope, bytes('genuine'), about);
    await writeFile(pathOf(scope, 'genuine'), 'tampered');
    await expect(files.get(scope, digest)).rejects.toMatchObject({ code: 'files.damaged' });
    const { body } = await files.open(scope, digest);
    await expect(new Response(body).text()).rejects.toMatchObject({ code: 'files.damaged' });
  });

  test('may lose a file, which says so and can be put again', async () => {
    const scope = await newScope();
    const { digest } = await files.put(scope, bytes('lost'), about);
    await rm(pathOf(scope, 'lost'));
    await expect(files.get(scope, digest)).rejects.toMatchObject({ code: 'files.lost' });
    await files.put(scope, bytes('lost'), about);
    expect(await files.get(scope, digest)).toHaveLength(4);
  });

  test('holds a file until its last owner lets go', async () => {
    const one = await newScope('acme.one');
    const two = { ...one, owner: 'acme.two' };
    const { digest } = await files.put(one, bytes('shared'), about);
    await files.put(two, bytes('shared'), about);
    expect(await files.delete(one, digest)).toBe(true);
    expect(await files.get(two, digest)).toHaveLength(6);
    expect(await files.delete(two, digest)).toBe(true);
    expect(await files.delete(two, digest)).toBe(false);
    await expect(readFile(pathOf(one, 'shared'))).rejects.toThrow('ENOENT');
  });

  test('is emptied with the tenant, of nobody else’s', async () => {
    const [gone, stays] = [await newScope(), await newScope()];
    await files.put(gone, bytes('gone'), about);
    const { digest } = await files.put(stays, bytes('gone'), about);
    await files.purge(gone.tenant);
    await expect(stat(join(root, gone.tenant))).rejects.toThrow('ENOENT');
    expect(await files.get(stays, digest)).toHaveLength(4);
    await expect(async () => files.purge('../..')).rejects.toThrow('is not the id of a tenant');
  });

  test('tells when it is nearly full', async () => {
    expect(await createFilesHealth(root, 1)(AbortSignal.timeout(1000))).toEqual({ ok: true });
    const full = await createFilesHealth(root, Number.MAX_SAFE_INTEGER)(AbortSignal.timeout(1000));
    expect(full).toMatchObject({ ok: false, reason: expect.stringMatching(/^Only \d+ MB are left/) });
  });
});
