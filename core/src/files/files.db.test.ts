import { createHash, randomBytes } from 'node:crypto';
import { createTestDatabase, type TestDatabase } from '@podlift/testkit/postgres';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createFiles, migrations, type Files } from './index.ts';
import { DRIVERS, type Driver } from './testing/drivers.ts';

const MB = 1024 * 1024;
const HOUR = 3600_000;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const sha = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');
const about = { name: 'a.txt', mediaType: 'text/plain' };
const text = async (body: ReadableStream<Uint8Array>): Promise<string> => new Response(body as BodyInit).text();

async function* pieces(...all: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const one of all) yield typeof one === 'string' ? bytes(one) : one;
}
async function* torn(...all: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  yield* pieces(...all);
  throw new Error('the sender went away');
}

describe.each(DRIVERS)('files on $name', ({ open }) => {
  let driver: Driver;
  let database: TestDatabase;
  let files: Files;
  let later = 0;
  const clock = { now: () => Date.now() + later };
  const make = (more: Partial<Parameters<typeof createFiles>[0]> = {}): Files =>
    createFiles({
      store: driver.store,
      database,
      clock,
      masterKeys: [new Uint8Array(32).fill(1)],
      publicUrl: 'http://podlift.test',
      quota: 100 * MB,
      maxBytes: 40 * MB,
      ...more,
    });

  beforeAll(async () => {
    [driver, database] = await Promise.all([open(), createTestDatabase(inject('postgres'), { migrations })]);
    files = make();
    for (const owner of ['acme.one', 'acme.two']) files.kinds.define(owner, { file: { privacy: 'none' } });
  });
  afterAll(async () => {
    await files?.close();
    await database?.close();
    await driver?.remove();
  });
  const newScope = async (owner = 'core') => ({ tenant: await database.newTenant(), owner });
  /** How many whole objects and drafts lie in the store. */
  async function lying(tenant: string): Promise<[objects: number, drafts: number]> {
    const counts: [number, number] = [0, 0];
    for await (const { draft } of driver.store.list(tenant)) counts[draft ? 1 : 0] += 1;
    return counts;
  }
  const usedBy = async (tenant: string): Promise<[kept: number, reserved: number]> => {
    const { kept, reserved } = await files.usage(tenant);
    return [kept, reserved];
  };

  describe('a file', () => {
    test('comes back as it was, with what was said of it', async () => {
      const scope = await newScope();
      const file = await files.put(scope, bytes('hello'), { ...about, subject: 'customer:1' });
      expect(file).toMatchObject({
        ...about,
        owner: 'core',
        kind: 'file',
        sha256: sha('hello'),
        bytes: 5,
        subject: 'customer:1',
      });
      const opened = await files.open(scope, file.id);
      expect([opened.file, await text(opened.body)]).toEqual([file, 'hello']);
      expect(await files.stat(scope, file.id)).toEqual(file);
      expect(new TextDecoder().decode(await files.read(scope, file.id, 5))).toBe('hello');
      await expect(files.read(scope, file.id, 4)).rejects.toMatchObject({ code: 'files.too_large' });
    });

    test.each([
      ['of nothing', () => new Uint8Array(), 0],
      ['of a stream', () => pieces('he', '', 'l', 'lo'), 5],
      ['of just one part', () => new Uint8Array(8 * MB).fill(7), 8 * MB],
      ['of several parts', () => pieces(randomBytes(9 * MB), randomBytes(8 * MB - 1), randomBytes(3)), 17 * MB + 2],
    ])('%s', async (_, content, size) => {
      const scope = await newScope();
      const { id, sha256, bytes: found } = await files.put(scope, content(), about);
      expect(found).toBe(size);
      const all = new Uint8Array(await new Response((await files.open(scope, id)).body as BodyInit).arrayBuffer());
      expect([all.byteLength, sha(all)]).toEqual([size, sha256]);
      expect(await lying(scope.tenant)).toEqual([1, 0]);
      expect(await usedBy(scope.tenant)).toEqual([size, 0]);
    });

    test('is read in parts', async () => {
      const scope = await newScope();
      const { id } = await files.put(scope, bytes('0123456789'), about);
      const part = async (start: number, end: number) => text((await files.open(scope, id, { start, end })).body);
      expect(await Promise.all([part(0, 0), part(2, 4), part(8, 9), part(0, 9)])).toEqual([
        '0',
        '234',
        '89',
        '0123456789',
      ]);
    });

    test('with the same bytes as another lies there once and counts once, however many come together', async () => {
      const scope = await newScope();
      const all = await Promise.all(Array.from({ length: 8 }, () => files.put(scope, bytes('same'), about)));
      expect(new Set(all.map(({ id }) => id)).size).toBe(8);
      await files.tend();
      expect(await lying(scope.tenant)).toEqual([1, 0]);
      expect(await usedBy(scope.tenant)).toEqual([4, 0]);
      for (const { id } of all.slice(1)) expect(await files.delete(scope, id)).toBe(true);
      later = 48 * HOUR;
      await files.tend();
      later = 0;
      const [kept] = all;
      expect(await text((await files.open(scope, kept?.id ?? '')).body)).toBe('same');
    });

    test('is seen by its tenant and owner only', async () => {
      const scope = await newScope('acme.one');
      const { id, sha256 } = await files.put(scope, bytes('private'), about);
      for (const other of [await newScope('acme.one'), { ...scope, owner: 'acme.two' }])
        for (const ref of [id, sha256]) {
          await expect(files.open(other, ref)).rejects.toMatchObject({ code: 'not_found', kind: 'missing' });
          expect(await files.stat(other, ref)).toBeUndefined();
          expect(await files.list(other)).toEqual([]);
          expect(await files.delete(other, ref)).toBe(false);
        }
      expect(await text((await files.open(scope, sha256)).body)).toBe('private');
    });

    test.each([
      '',
      '../../etc/passwd',
      'A'.repeat(64),
      `${'a'.repeat(63)}/`,
      "' or true --",
      '00000000-0000-0000-0000-000000000000',
    ])('is not named by %j', async (id) => {
      const scope = await newScope();
      await expect(files.open(scope, id)).rejects.toMatchObject({ code: 'not_found' });
      expect(await files.delete(scope, id)).toBe(false);
      await expect(files.uploads.append(scope.tenant, id, { offset: 0, content: bytes('') })).rejects.toMatchObject({
        code: 'not_found',
      });
    });

    test('may be called anything: its name is no path', async () => {
      const scope = await newScope();
      const name = '../../../etc/passwd\n"; drop table';
      const { id } = await files.put(scope, bytes('x'), { name, mediaType: 'text/html; x="<script>"' });
      expect((await files.stat(scope, id))?.name).toBe(name);
      expect(await lying(scope.tenant)).toEqual([1, 0]);
    });

    test('is of a kind that its owner declares', async () => {
      await expect(files.put(await newScope('acme.none'), bytes('x'), about)).rejects.toMatchObject({
        code: 'files.kind_unknown',
      });
    });

    test('can be listed, newest first, by page and kind', async () => {
      const scope = await newScope('acme.one');
      const ids: string[] = [];
      for (const one of ['a', 'b', 'c']) ids.unshift((await files.put(scope, bytes(one), about)).id);
      const first = await files.list(scope, { limit: 2, kind: 'file' });
      const rest = await files.list(scope, { after: first.at(-1)?.id ?? '' });
      expect([...first, ...rest].map(({ id }) => id)).toEqual(ids);
      expect(await files.list(scope, { kind: 'other' })).toEqual([]);
    });
  });

  describe('limits', () => {
    test('a file may be so large, and leaves nothing when it is larger', async () => {
      const scope = await newScope();
      const small = make({ maxBytes: 600 });
      for (const content of [pieces('x'.repeat(500), 'x'.repeat(101)), bytes('x'.repeat(601))])
        await expect(small.put(scope, content, about)).rejects.toMatchObject({ code: 'files.too_large' });
      await expect(small.uploads.begin(scope, about, 601)).rejects.toMatchObject({ code: 'files.too_large' });
      await files.tend();
      expect(await lying(scope.tenant)).toEqual([0, 0]);
      expect(await usedBy(scope.tenant)).toEqual([0, 0]);
    });

    test('a tenant may keep so much, exactly, however many put at once and however they come', async () => {
      const scope = await newScope();
      const tight = make({ quota: 1000 });
      const results = await Promise.allSettled([
        ...Array.from({ length: 4 }, (_, at) => tight.put(scope, bytes(`${at}`.repeat(300)), about)),
        ...Array.from({ length: 4 }, (_, at) => tight.put(scope, pieces('s'.repeat(150), `${at}`.repeat(150)), about)),
        tight.uploads.begin(scope, about, 300),
      ]);
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
      const refused = results.find((one) => one.status === 'rejected');
      expect(refused?.reason).toMatchObject({
        code: 'files.quota_exceeded',
        kind: 'payment',
        details: { limit: 1000 },
      });
      const [kept, reserved] = await usedBy(scope.tenant);
      expect(kept + reserved).toBe(900);
      // What just fits is taken, also from a stream whose length nobody knew.
      await tight.put(scope, pieces('y'.repeat(99), 'z'), about);
      await expect(tight.put(scope, bytes('!'), about)).rejects.toMatchObject({ code: 'files.quota_exceeded' });
    });

    test('room is free again when a file is deleted, while its bytes stay for the grace', async () => {
      const scope = await newScope();
      const { id } = await files.put(scope, bytes('gone'), about);
      await files.delete(scope, id);
      expect(await usedBy(scope.tenant)).toEqual([0, 0]);
      await files.tend();
      expect(await lying(scope.tenant)).toEqual([1, 0]);
      // Put again within the grace, they are taken up again.
      const again = await files.put(scope, bytes('gone'), about);
      later = 48 * HOUR;
      await files.tend();
      expect(await text((await files.open(scope, again.id)).body)).toBe('gone');
      await files.delete(scope, again.id);
      await files.tend();
      later = 96 * HOUR;
      await files.tend();
      later = 0;
      expect(await lying(scope.tenant)).toEqual([0, 0]);
    });

    test('collecting races no upload: whoever puts while it is collected keeps whole bytes', async () => {
      const scope = await newScope();
      const hasty = make({ graceMs: 0 });
      for (let round = 0; round < 5; round++) {
        const { id } = await hasty.put(scope, bytes('contended'), about);
        await hasty.delete(scope, id);
        const [again] = await Promise.all([hasty.put(scope, bytes('contended'), about), hasty.tend(), hasty.tend()]);
        await hasty.tend();
        expect(await text((await hasty.open(scope, again.id)).body)).toBe('contended');
        await hasty.delete(scope, again.id);
      }
    });

    test('a stream that fails, and bytes with another digest than announced, keep nothing', async () => {
      const scope = await newScope();
      await expect(files.put(scope, torn('half'), about)).rejects.toThrow('the sender went away');
      await expect(files.put(scope, bytes('x'), { ...about, sha256: sha('y') })).rejects.toMatchObject({
        code: 'files.checksum_mismatch',
      });
      await files.tend();
      expect(await lying(scope.tenant)).toEqual([0, 0]);
      expect(await usedBy(scope.tenant)).toEqual([0, 0]);
    });
  });

  describe('a unit of work', () => {
    test('keeps the file when it commits, and no trace when it does not', async () => {
      const scope = await newScope();
      const staged = await files.stage(scope, bytes('staged'), about);
      expect(await files.stat(scope, staged.file.id)).toBeUndefined();
      const failing = database.withTenant({ tenant: scope.tenant }, async (tx) => {
        await staged.place(tx);
        throw new Error('no');
      });
      await expect(failing).rejects.toThrow('no');
      expect(await files.stat(scope, staged.file.id)).toBeUndefined();
      await database.withTenant({ tenant: scope.tenant }, (tx) => staged.place(tx));
      expect(await files.stat(scope, staged.file.id)).toEqual(staged.file);
      const dropped = await files.stage(scope, bytes('dropped'), about);
      await dropped.drop();
      await expect(database.withTenant({ tenant: scope.tenant }, (tx) => dropped.place(tx))).rejects.toMatchObject({
        code: 'not_found',
      });
      await files.tend();
      expect(await lying(scope.tenant)).toEqual([1, 0]);
      expect(await usedBy(scope.tenant)).toEqual([6, 0]);
    });

    test('that a crash ended gives its room back', async () => {
      const scope = await newScope();
      await files.stage(scope, bytes('crashed'), about);
      expect(await usedBy(scope.tenant)).toEqual([0, 7]);
      later = 3 * HOUR;
      await files.tend();
      later = 0;
      expect(await usedBy(scope.tenant)).toEqual([0, 0]);
      expect(await lying(scope.tenant)).toEqual([0, 0]);
    });
  });

  describe('an upload in pieces', () => {
    const content = randomBytes(20 * MB + 5);
    const upTo = (from: number, to: number) =>
      pieces(content.subarray(from, (from + to) >> 1), content.subarray((from + to) >> 1, to));

    test('goes on from where it was, in another process too, and is the file that was sent', async () => {
      const scope = await newScope();
      const { id } = await files.uploads.begin(scope, { ...about, sha256: sha(content) }, content.byteLength);
      expect(await usedBy(scope.tenant)).toEqual([0, content.byteLength]);
      const borders = [0, 3, 5 * MB, 13 * MB, 13 * MB + 1, content.byteLength];
      for (const [at, to] of borders.slice(1).entries()) {
        // Each piece is taken by a process that has seen none of the others.
        const node = at % 2 === 0 ? files : make();
        const row = await node.uploads.append(scope.tenant, id, {
          offset: borders[at] ?? 0,
          content: upTo(borders[at] ?? 0, to),
        });
        expect(row.received).toBe(to);
      }
      const file = await make().uploads.complete(scope.tenant, id);
      expect(await files.uploads.complete(scope.tenant, id)).toBe(file);
      expect(await files.stat(scope, file)).toMatchObject({ sha256: sha(content), bytes: content.byteLength });
      const all = await new Response((await files.open(scope, file)).body as BodyInit).arrayBuffer();
      expect(sha(new Uint8Array(all))).toBe(sha(content));
      expect(await usedBy(scope.tenant)).toEqual([content.byteLength, 0]);
      expect(await lying(scope.tenant)).toEqual([1, 0]);
    });

    test('keeps what came before its sender went away', async () => {
      const scope = await newScope();
      const { id } = await files.uploads.begin(scope, about, content.byteLength);
      const first = content.subarray(0, 9 * MB);
      await expect(files.uploads.append(scope.tenant, id, { offset: 0, content: torn(first) })).rejects.toThrow(
        'went away',
      );
      expect((await files.uploads.get(scope.tenant, id))?.received).toBe(9 * MB);
      await expect(
        files.uploads.append(scope.tenant, id, { offset: 9 * MB, content: torn(content.subarray(9 * MB)) }),
      ).rejects.toThrow('went away');
      const file = await files.uploads.complete(scope.tenant, id);
      expect((await files.stat(scope, file))?.sha256).toBe(sha(content));
    });

    test('of nothing is whole at once', async () => {
      const scope = await newScope();
      const { id } = await files.uploads.begin(scope, about, 0);
      await files.uploads.append(scope.tenant, id, { offset: 0, content: bytes('') });
      const file = await files.uploads.complete(scope.tenant, id);
      expect((await files.stat(scope, file))?.sha256).toBe(sha(''));
    });

    test('takes one piece at a time: of two senders one is told to wait', async () => {
      const scope = await newScope();
      const { id } = await files.uploads.begin(scope, about, 4);
      const gate = Promise.withResolvers<void>();
      async function* slow(): AsyncGenerator<Uint8Array> {
        yield bytes('sl');
        await gate.promise;
        yield bytes('ow');
      }
      const one = files.uploads.append(scope.tenant, id, { offset: 0, content: slow() });
      await expect.poll(async () => (await files.uploads.get(scope.tenant, id))?.lease).not.toBeNull();
      const second = make().uploads.append(scope.tenant, id, { offset: 0, content: bytes('fast') });
      await expect(second).rejects.toMatchObject({ code: 'files.upload_busy', kind: 'conflict' });
      gate.resolve();
      expect((await one).received).toBe(4);
    });

    test('refuses a wrong offset, a wrong checksum and too many bytes, and keeps what was right', async () => {
      const scope = await newScope();
      const { id } = await files.uploads.begin(scope, about, 10);
      const append = (offset: number, piece: string, sha256?: string) =>
        files.uploads.append(scope.tenant, id, { offset, content: bytes(piece), sha256 });
      await append(0, '0123', sha('0123'));
      await expect(append(0, 'x')).rejects.toMatchObject({ code: 'files.offset_differs', details: { offset: 4 } });
      await expect(append(4, 'xx', sha('yy'))).rejects.toMatchObject({ code: 'files.checksum_mismatch' });
      await expect(append(4, '4567890')).rejects.toMatchObject({ code: 'files.too_many_bytes' });
      await expect(files.uploads.complete(scope.tenant, id)).rejects.toMatchObject({ code: 'files.upload_incomplete' });
      expect((await files.uploads.get(scope.tenant, id))?.received).toBe(4);
      await append(4, '456789', sha('456789'));
      const file = await files.uploads.complete(scope.tenant, id);
      expect(await text((await files.open(scope, file)).body)).toBe('0123456789');
    });

    test('whose whole has another digest than announced becomes no file', async () => {
      const scope = await newScope();
      const { id } = await files.uploads.begin(scope, { ...about, sha256: sha('abc') }, 3);
      await files.uploads.append(scope.tenant, id, { offset: 0, content: bytes('abd') });
      await expect(files.uploads.complete(scope.tenant, id)).rejects.toMatchObject({ code: 'files.checksum_mismatch' });
      expect(await files.uploads.get(scope.tenant, id)).toBeUndefined();
      expect(await usedBy(scope.tenant)).toEqual([0, 0]);
    });

    test('that is left expires, and one that is ended is gone at once', async () => {
      const scope = await newScope();
      const left = await files.uploads.begin(scope, about, 20 * MB);
      await files.uploads.append(scope.tenant, left.id, { offset: 0, content: new Uint8Array(9 * MB) });
      const ended = await files.uploads.begin(scope, about, 20 * MB);
      await files.uploads.append(scope.tenant, ended.id, { offset: 0, content: new Uint8Array(9 * MB) });
      expect(await files.uploads.end(scope.tenant, ended.id)).toBe(true);
      expect(await files.uploads.end(scope.tenant, ended.id)).toBe(false);
      later = 25 * HOUR;
      await expect(
        files.uploads.append(scope.tenant, left.id, { offset: 9 * MB, content: bytes('x') }),
      ).rejects.toMatchObject({ code: 'not_found' });
      await files.tend();
      later = 0;
      expect(await usedBy(scope.tenant)).toEqual([0, 0]);
      expect(await lying(scope.tenant)).toEqual([0, 0]);
    });

    test('that was whole when its process died becomes a file by itself', async () => {
      const scope = await newScope();
      const { id } = await files.uploads.begin(scope, about, 3);
      await files.uploads.append(scope.tenant, id, { offset: 0, content: bytes('abc') });
      later = 120_000;
      await make().tend();
      later = 0;
      const row = await files.uploads.get(scope.tenant, id);
      expect(row?.fileId).not.toBeNull();
      expect(await text((await files.open(scope, row?.fileId ?? '')).body)).toBe('abc');
    });

    test('belongs to its tenant', async () => {
      const { id } = await files.uploads.begin(await newScope(), about, 3);
      const other = await database.newTenant();
      expect(await files.uploads.get(other, id)).toBeUndefined();
      await expect(files.uploads.append(other, id, { offset: 0, content: bytes('abc') })).rejects.toMatchObject({
        code: 'not_found',
      });
      await expect(files.uploads.complete(other, id)).rejects.toMatchObject({ code: 'not_found' });
      expect(await files.uploads.end(other, id)).toBe(false);
    });
  });

  describe('bytes that changed', () => {
    test('are never given out as a whole, are told by health and verify, and heal when they are put again', async () => {
      const scope = await newScope();
      const content = randomBytes(MB);
      const { id, sha256 } = await files.put(scope, content, about);
      await driver.damage(scope.tenant);
      const { body } = await files.open(scope, id);
      let got = 0;
      const reading = (async () => {
        for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) got += chunk.byteLength;
      })();
      await expect(reading).rejects.toMatchObject({ code: 'files.damaged' });
      expect(got).toBeLessThan(content.byteLength);
      await expect(files.read(scope, id, MB)).rejects.toMatchObject({ code: 'files.damaged' });
      const { damages } = await files.verify({ tenant: scope.tenant });
      expect(damages).toEqual([{ tenant: scope.tenant, sha256, damage: 'damaged', files: [id] }]);
      expect(await make().check()).toMatchObject({
        ok: false,
        reason: expect.stringContaining('podlift files verify'),
      });
      await files.put(scope, content, about);
      expect(sha(await files.read(scope, id, MB))).toBe(sha256);
      expect((await files.verify({ tenant: scope.tenant })).damages).toEqual([]);
      expect(await make().check()).toEqual({ ok: true });
    });

    test('may be lost, which says so and heals too', async () => {
      const scope = await newScope();
      const { id } = await files.put(scope, bytes('lost'), about);
      await driver.lose(scope.tenant);
      await expect(files.read(scope, id, 10)).rejects.toMatchObject({ code: 'files.lost' });
      expect((await files.verify({ tenant: scope.tenant })).damages).toMatchObject([{ damage: 'lost', files: [id] }]);
      await files.put(scope, bytes('lost'), about);
      expect(await files.read(scope, id, 10)).toHaveLength(4);
    });
  });

  describe('the end of a file', () => {
    test('comes when its kind says so, also when the kind changes its mind', async () => {
      const scope = await newScope('acme.kept');
      files.kinds.define('acme.kept', { file: { privacy: 'none', retentionDays: 10 } });
      const { id, expiresAt } = await files.put(scope, bytes('kept'), about);
      expect(expiresAt?.getTime()).toBeGreaterThan(Date.now() + 239 * HOUR);
      later = 9 * 24 * HOUR;
      await files.tend();
      expect(await files.stat(scope, id)).toBeDefined();
      files.kinds.define('acme.kept', { file: { privacy: 'none', retentionDays: 5 } });
      await files.tend();
      later = 0;
      expect(await files.stat(scope, id)).toBeUndefined();
    });

    test('comes with the person it is about, bytes included, unless it must be kept', async () => {
      const scope = await newScope('acme.person');
      const person = { category: 'personal', subject: 'customer', purpose: 'tests' } as const;
      files.kinds.define('acme.person', {
        file: { privacy: { ...person, erasure: 'delete' } },
        invoice: { privacy: { ...person, erasure: 'keep' } },
      });
      const put = (name: string, kind: string, subject?: string) =>
        files.put(scope, bytes(name), { name, kind, mediaType: 'text/plain', subject });
      const mine = await put('mine', 'file', 'customer:1');
      await put('invoice', 'invoice', 'customer:1');
      await put('other', 'file', 'customer:2');
      await put('nobody', 'file');
      const { erased, kept } = await files.moving.eraseBySubject(scope.tenant, ['customer:1']);
      expect([erased.map(({ id }) => id), kept.map(({ name }) => name)]).toEqual([[mine.id], ['invoice']]);
      expect(await lying(scope.tenant)).toEqual([3, 0]);
      expect((await files.list(scope)).map(({ name }) => name)).toEqual(['nobody', 'other', 'invoice']);
    });

    test('comes with its tenant, and nobody else’s', async () => {
      const [gone, stays] = [await newScope(), await newScope()];
      await files.put(gone, bytes('x'), about);
      const { id } = await files.uploads.begin(gone, about, 20 * MB);
      await files.uploads.append(gone.tenant, id, { offset: 0, content: new Uint8Array(9 * MB) });
      const kept = await files.put(stays, bytes('x'), about);
      await files.purge(gone.tenant);
      expect(await lying(gone.tenant)).toEqual([0, 0]);
      expect(await text((await files.open(stays, kept.id)).body)).toBe('x');
      await expect(async () => files.purge('../..')).rejects.toThrow('is not the id of a tenant');
    });

    test('leaves orphans only after the database went back in time; they can be removed', async () => {
      const scope = await newScope();
      await files.put(scope, bytes('kept'), about);
      await files.put(scope, bytes('orphan'), about);
      await database.admin('delete from core.file where tenant_id = $1 and digest = $2', [scope.tenant, sha('orphan')]);
      await database.admin('delete from core.file_content where tenant_id = $1 and digest = $2', [
        scope.tenant,
        sha('orphan'),
      ]);
      expect(await files.removeOrphans({ olderThanMs: HOUR })).toBe(0);
      later = 2 * HOUR;
      expect(await files.removeOrphans({ olderThanMs: HOUR, dryRun: true })).toBeGreaterThanOrEqual(1);
      expect(await files.removeOrphans({ olderThanMs: HOUR })).toBeGreaterThanOrEqual(1);
      later = 0;
      expect(await lying(scope.tenant)).toEqual([1, 0]);
    });
  });

  test('a tenant moves: rows, then bytes, each checked; done twice it is the same', async () => {
    const from = await newScope();
    const content = randomBytes(9 * MB);
    const file = await files.put(from, content, { ...about, subject: 'customer:9' });
    const to = await database.newTenant();
    const { body } = await files.moving.openForExport(from.tenant, file.id);
    const [one, two] = body.tee();
    const asBytes = (stream: ReadableStream<Uint8Array>) => stream as unknown as AsyncIterable<Uint8Array>;
    expect(await files.moving.importFile(to, file, asBytes(one))).toEqual(file);
    expect(await files.moving.importFile(to, file, asBytes(two))).toEqual(file);
    expect(await files.stat({ tenant: to }, file.id)).toEqual(file);
    await driver.lose(to);
    await expect(files.moving.restoreContent(to, file.sha256, pieces('wrong'))).rejects.toMatchObject({
      code: 'files.checksum_mismatch',
    });
    await files.moving.restoreContent(to, file.sha256, pieces(content));
    expect(sha(await files.read({ tenant: to }, file.id, 10 * MB))).toBe(file.sha256);
    const all: string[] = [];
    for await (const { id } of files.moving.listAll(to)) all.push(id);
    expect(all).toEqual([file.id]);
    expect(await files.moving.contents(to)).toEqual([{ sha256: file.sha256, bytes: content.byteLength }]);
  });
});
