import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase, type TestDatabase } from '@podlift/testkit/postgres';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { S3Place } from '../config/index.ts';
import { createFiles, createStore, migrations, type Files, type Store } from './index.ts';
import { DRIVERS, type Driver } from './testing/drivers.ts';
import { openFaultyProxy, type FaultyProxy } from './testing/faulty-proxy.ts';
import { objectStoreMissing, startObjectStore, type ObjectStore } from './testing/object-store.ts';

const MB = 1024 * 1024;
const about = { name: 'a.bin', mediaType: 'application/octet-stream' };
const sha = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

let database: TestDatabase;
let later = 0;
const make = (store: Store): Files =>
  createFiles({
    store,
    database,
    clock: { now: () => Date.now() + later },
    masterKeys: [new Uint8Array(32)],
    publicUrl: '',
    quota: 500 * MB,
    maxBytes: 100 * MB,
  });
beforeAll(async () => {
  database = await createTestDatabase(inject('postgres'), { migrations });
});
afterAll(() => database?.close());
const newScope = async () => ({ tenant: await database.newTenant(), owner: 'core' });

/** A crash: whatever would come after a step does not. */
class Crash extends Error {}

describe.each(DRIVERS)('a crash between any two steps, on $name', ({ open }) => {
  let driver: Driver;
  beforeAll(async () => {
    driver = await open();
  });
  afterAll(() => driver?.remove());
  const lying = async (tenant: string): Promise<number> => {
    let n = 0;
    for await (const _ of driver.store.list(tenant)) n++;
    return n;
  };

  test.each(['before', 'after'] as const)(
    '%s the bytes are made whole: the upload is completed by whoever asks',
    async (when) => {
      const scope = await newScope();
      const content = randomBytes(9 * MB);
      const dying = make({
        ...driver.store,
        async finish(...args) {
          if (when === 'after') await driver.store.finish(...args);
          throw new Crash();
        },
      });
      const { id } = await dying.uploads.begin(scope, about, content.byteLength);
      await dying.uploads.append(scope.tenant, id, { offset: 0, content });
      await expect(dying.uploads.complete(scope.tenant, id)).rejects.toBeInstanceOf(Crash);
      const next = make(driver.store);
      const file = await next.uploads.complete(scope.tenant, id);
      expect(sha(await next.read(scope, file, 10 * MB))).toBe(sha(content));
      expect(await lying(scope.tenant)).toBe(1);
      expect(await next.usage(scope.tenant)).toMatchObject({ kept: content.byteLength, reserved: 0 });
    },
  );

  test('in the transaction that makes the file: it is not there, and is made the next time', async () => {
    const scope = await newScope();
    const files = make(driver.store);
    const { id } = await files.uploads.begin(scope, about, 3);
    await files.uploads.append(scope.tenant, id, { offset: 0, content: Buffer.from('abc') });
    const crashed = files.uploads.complete(scope.tenant, id, () => Promise.reject(new Crash()));
    await expect(crashed).rejects.toBeInstanceOf(Crash);
    expect(await files.list(scope)).toEqual([]);
    await files.uploads.complete(scope.tenant, id);
    expect(await files.list(scope)).toHaveLength(1);
    expect(await files.usage(scope.tenant)).toMatchObject({ kept: 3, reserved: 0 });
  });

  test('while bytes are removed: it goes on the next time', async () => {
    const scope = await newScope();
    const files = make(driver.store);
    const { id } = await files.put(scope, Buffer.from('gone'), about);
    await files.delete(scope, id);
    later = 48 * 3600_000;
    const dying = make({ ...driver.store, remove: () => Promise.reject(new Crash()) });
    await dying.tend();
    expect(await lying(scope.tenant)).toBe(1);
    await files.tend();
    later = 0;
    expect(await lying(scope.tenant)).toBe(0);
  });
});

describe.skipIf(objectStoreMissing() !== undefined)('an object store that fails', () => {
  let server: ObjectStore;
  let proxy: FaultyProxy;
  let place: S3Place;
  let files: Files;
  beforeAll(async () => {
    server = await startObjectStore();
    proxy = await openFaultyProxy(server.place.endpoint ?? '');
    place = { ...server.place, endpoint: proxy.endpoint };
    files = make(createStore(place, ''));
  });
  afterAll(async () => {
    await files?.close();
    await proxy?.close();
    await server?.remove();
  });

  test('by asking to slow down is asked again, and nothing is lost or kept twice', async () => {
    const scope = await newScope();
    const content = randomBytes(9 * MB);
    proxy.slowDown(4);
    const { id } = await files.put(scope, content, about);
    proxy.slowDown(2);
    expect(sha(await files.read(scope, id, 10 * MB))).toBe(sha(content));
    proxy.slowDown(2);
    expect((await files.verify({ tenant: scope.tenant })).damages).toEqual([]);
  });

  test('in the middle of a download is asked for the rest', async () => {
    const scope = await newScope();
    const content = randomBytes(3 * MB);
    const { id } = await files.put(scope, content, about);
    proxy.seen();
    proxy.cut(2, 500_000);
    expect(sha(await files.read(scope, id, 10 * MB))).toBe(sha(content));
    const ranges = proxy.seen().map(({ headers }) => headers['range']);
    expect(ranges[0]).toBeUndefined();
    expect(ranges.slice(1)).toEqual([
      expect.stringMatching(/^bytes=[1-9]\d+-$/),
      expect.stringMatching(/^bytes=[1-9]\d+-$/),
    ]);
  });

  test(
    'in the middle of an upload: what had arrived stays, and it goes on when the store is back',
    { timeout: 90_000 },
    async () => {
      const scope = await newScope();
      const content = randomBytes(30 * MB);
      const { id } = await files.uploads.begin(scope, about, content.byteLength);
      async function* sending(): AsyncGenerator<Uint8Array> {
        for (let at = 0; at < content.byteLength; at += MB) {
          // Slowly enough for a part to arrive.
          if (at > 8 * MB) await sleep(50);
          if (at === 20 * MB) await server.kill();
          yield content.subarray(at, at + MB);
        }
      }
      await expect(files.uploads.append(scope.tenant, id, { offset: 0, content: sending() })).rejects.toMatchObject({
        code: 'files.store_away',
        kind: 'unavailable',
      });
      expect(await files.check().catch((error: unknown) => error)).toMatchObject({ code: 'files.store_away' });
      const { received = 0 } = (await files.uploads.get(scope.tenant, id)) ?? {};
      expect(received).toBeGreaterThan(0);
      await server.start();
      await files.uploads.append(scope.tenant, id, { offset: received, content: content.subarray(received) });
      const file = await files.uploads.complete(scope.tenant, id);
      expect(sha(await files.read(scope, file, 40 * MB))).toBe(sha(content));
    },
  );

  test('for good is told to the operator by name', async () => {
    const at = (change: Partial<S3Place>): Store => createStore({ ...server.place, ...change }, '');
    await expect(at({ bucket: 'no-such-bucket' }).check()).rejects.toMatchObject({
      code: 'files.store_refused',
      message: expect.stringMatching(/no bucket no-such-bucket.*PODLIFT_FILES_URL/),
    });
    const wrong = at({ credentials: { accessKeyId: 'test:tester', secretAccessKey: 'wrong' } });
    await expect(wrong.check()).rejects.toMatchObject({
      code: 'files.store_refused',
      message: expect.stringContaining('403'),
    });
    await expect(make(wrong).put(await newScope(), Buffer.from('x'), about)).rejects.toMatchObject({
      message: expect.stringContaining('SignatureDoesNotMatch'),
    });
  });

  test('to encrypt, when it is told to, keeps nothing in the clear', async () => {
    const scope = await newScope();
    proxy.seen();
    const encrypted = make(createStore({ ...place, encryption: 'AES256' }, ''));
    // This store has no encryption of its own, and says so.
    await expect(encrypted.put(scope, Buffer.from('x'), about)).rejects.toMatchObject({
      code: 'files.store_refused',
      message: expect.stringContaining('NotImplemented'),
    });
    expect(proxy.seen().find(({ method }) => method === 'PUT')?.headers['x-amz-server-side-encryption']).toBe('AES256');
    expect(await encrypted.list(scope)).toEqual([]);
  });
});

describe('a disk that is full', () => {
  let mounted: string | undefined;
  beforeAll(() => void (mounted = mountSmallDisk()));
  afterAll(async () => {
    if (mounted === undefined) return;
    execFileSync('umount', [mounted]);
    await rm(mounted, { recursive: true });
  });

  test('is told by name, keeps what fitted, and takes the rest when there is room', async (context) => {
    if (mounted === undefined) {
      context.skip();
      return;
    }
    const scope = await newScope();
    const files = make(createStore({ kind: 'disk' }, mounted));
    const content = randomBytes(16 * MB);
    const { id } = await files.uploads.begin(scope, about, content.byteLength);
    async function* sending(from: number): AsyncGenerator<Uint8Array> {
      for (let at = from; at < content.byteLength; at += MB) yield content.subarray(at, at + MB);
    }
    const full = { code: 'files.disk_full', kind: 'unavailable' };
    await expect(files.uploads.append(scope.tenant, id, { offset: 0, content: sending(0) })).rejects.toMatchObject(
      full,
    );
    await expect(files.put(scope, content, about)).rejects.toMatchObject(full);
    expect(await files.check()).toMatchObject({ ok: false, reason: expect.stringContaining('MB are left') });
    const { received = 0 } = (await files.uploads.get(scope.tenant, id)) ?? {};
    expect(received).toBeGreaterThan(0);
    expect(received).toBeLessThanOrEqual(8 * MB);
    execFileSync('mount', ['-o', 'remount,size=64m', mounted]);
    await files.uploads.append(scope.tenant, id, { offset: received, content: sending(received) });
    const file = await files.uploads.complete(scope.tenant, id);
    expect(sha(await files.read(scope, file, 20 * MB))).toBe(sha(content));
    await files.tend();
    expect(await files.usage(scope.tenant)).toMatchObject({ kept: content.byteLength, reserved: 0 });
  });
});

/** A disk of 8 MB; only an administrator may make one. */
function mountSmallDisk(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    console.log('not tested: a full disk under files (needs root on Linux to mount a small one)');
    return undefined;
  }
  const folder = execFileSync('mktemp', ['-d', join(tmpdir(), 'podlift-small-XXXXXX')])
    .toString()
    .trim();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', folder], { stdio: 'pipe' });
    return folder;
  } catch {
    console.log('not tested: a full disk under files (no small disk could be mounted here)');
    return undefined;
  }
}
