import { createTestHost, type TestHost } from '@podlift/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asker, asks, told } from './testing/asker.ts';
import { codes, shop, used } from './testing/shop.ts';

describe.each([
  ['strict', true],
  ['fast', false],
])('calls, %s', (_, strict) => {
  let host: TestHost;
  let tenant: string;
  beforeAll(async () => {
    host = await createTestHost({
      plugins: [shop, asker],
      strict,
      clock: '2026-03-01T00:00:00Z',
      secrets: { 'test.asker': { TOKEN: 's3cret' } },
      net: { 'POST https://api.example.com/x': 'fetched', 'https://api.example.com/status': { status: 503 } },
    });
    tenant = await host.tenant();
  });
  afterAll(() => host.stop());
  const ask = async (how: string, id?: string, as = tenant): Promise<string> =>
    ((await host.call([asks.id, 'run'], { how, ...(id && { id }) }, { tenant: as })) as { said: string }).said;
  const add = async (code: string, uses = 0) =>
    ((await host.call([codes.id, 'add'], { code, uses }, { tenant })) as { id: string }).id;

  describe('a call is a unit of work', () => {
    test('what it writes is there when it returns', async () => {
      const before = Number(await ask('count'));
      await ask('write', 'kept');
      expect(Number(await ask('count'))).toBe(before + 1);
    });

    test('a throw keeps nothing: no row, no event, no job', async () => {
      const before = Number(await ask('count'));
      await expect(ask('write then throw', 'lost')).rejects.toMatchObject({ code: 'asker.no', kind: 'conflict' });
      expect(Number(await ask('count'))).toBe(before);
      const id = await add('changed-mind');
      await expect(host.call([codes.id, 'change'], { id, uses: 5, after: 'throw' }, { tenant })).rejects.toMatchObject({
        code: 'shop.changed_mind',
      });
      expect(await host.call([codes.id, 'get'], { id }, { tenant })).toMatchObject({ version: 1 });
      expect((await host.events(tenant)).filter(({ key }) => key === id)).toEqual([]);
    });

    test('a conflict at the end keeps nothing either', async () => {
      const id = await add('conflicting');
      await expect(
        host.call([codes.id, 'change'], { id, uses: 5, after: 'add-twice' }, { tenant }),
      ).rejects.toMatchObject({ code: 'conflict' });
      expect(await host.call([codes.id, 'get'], { id }, { tenant })).toMatchObject({ version: 1, value: { uses: 0 } });
      expect((await host.events(tenant)).filter(({ key }) => key === id)).toEqual([]);
    });

    test('a nested call is its own and is not undone', async () => {
      await expect(ask('call then throw', 'nested')).rejects.toMatchObject({ code: 'asker.no' });
      await expect(add('nested')).rejects.toMatchObject({ code: 'conflict' });
    });

    test('after reading, others may be called; the connection was given back', async () => {
      await expect(ask('read then call', 'read-first')).resolves.toMatch(/^\d+$/);
    });

    test.each(['write then call', 'write then fetch'])('%s is refused, and nothing is kept', async (how) => {
      const before = Number(await ask('count'));
      await expect(ask(how, `open ${how}`)).rejects.toMatchObject({ code: 'transaction_open' });
      expect(Number(await ask('count'))).toBe(before);
    });
  });

  describe('events and jobs', () => {
    test('arrive when the call has committed, with everything they carried', async () => {
      const fresh = await host.tenant();
      const { id } = (await host.call([codes.id, 'add'], { code: 'evented', uses: 0 }, { tenant: fresh })) as {
        id: string;
      };
      await host.call([codes.id, 'change'], { id, uses: 1 }, { tenant: fresh });
      expect(await host.events(fresh, used.id)).toMatchObject([
        { key: id, source: 'test.shop', payload: { id, price: 10n, at: new Date('2026-03-01') } },
      ]);
      await host.drain();
      const notes = await host.rooms.database.admin<{ text: string }>(
        'select text from p_test_asker.note where tenant_id = $1 order by text',
        [fresh],
      );
      expect(notes).toEqual([{ text: 'enabled' }, { text: 'keyed 10 2026-03-01T00:00:00.000Z test.shop 1' }]);
      expect(await host.jobs(fresh, 'count')).toMatchObject([
        { name: 'test.shop/count', state: 'completed', data: { at: new Date('2026-03-01') } },
      ]);
      const [counted] = await host.rooms.database.admin<{ n: number }>(
        'select count(*)::int as n from p_test_shop.collection_counts where tenant_id = $1',
        [fresh],
      );
      expect(counted?.n).toBe(1);
    });

    test('a foreign event reaches its listener', async () => {
      const fresh = await host.tenant();
      await host.emit(used, { id: 'k', price: 1n, at: new Date(0) }, { tenant: fresh, key: 'k', source: 'test.other' });
      await host.drain();
      expect(await ask('count', undefined, fresh)).toBe('2');
    });
  });

  test('a plugin is told of a tenant that begins, disables, enables and ends', async () => {
    const fresh = await host.tenant();
    const notes = async () => {
      const rows = await host.rooms.database.admin<{ text: string }>(
        'select text from p_test_asker.note where tenant_id = $1 order by id',
        [fresh],
      );
      return rows.map(({ text }) => text);
    };
    expect(await notes()).toEqual(['enabled']);
    const ann = { kind: 'user', id: 'ann' } as const;
    await host.plugins.decide(fresh, 'test.asker', { enabled: false }, ann);
    host.clock.advance(1);
    await host.plugins.decide(fresh, 'test.asker', { enabled: true }, ann);
    host.clock.advance(-1);
    expect(await notes()).toEqual(['enabled', 'disabled', 'enabled']);
    await host.rooms.tenancy.purge(fresh, { now: true });
    expect(await notes()).toEqual([]);
    expect(told).toContain(fresh);
  });

  describe('what a plugin may', () => {
    test('the host puts the secret into the header', async () => {
      expect(await ask('fetch')).toBe('fetched');
      expect(host.http.calls.at(-1)).toMatchObject({
        method: 'POST',
        body: 'hi',
        headers: { authorization: 'Bearer s3cret' },
      });
    });
    test('reads its own secrets', async () => expect(await ask('secret')).toBe('s3cret'));
    test('keeps files when it commits, and none when it throws', async () => {
      expect(await ask('file', 'kept')).toBe('5');
      await expect(ask('file then throw')).rejects.toMatchObject({ code: 'asker.no' });
      expect(await ask('file names')).toBe('kept.txt');
      const id = await ask('file stream');
      expect(await ask('file back', id)).toBe('tre stream stream.txt note');
      expect(await ask('file link', id)).toContain(`/${id}?expires=`);
      // Reads see the state before the call.
      expect(await ask('file gone', id)).toBe('true');
      expect(await ask('file names')).toBe('kept.txt');
      await expect(ask('file kind')).rejects.toMatchObject({ code: 'capability_denied' });
      await expect(ask('write then file')).rejects.toMatchObject({ code: 'transaction_open' });
    });
    test('knows who asks and what time it is', async () =>
      expect(await ask('actor')).toBe('system:test 2026-03-01T00:00:00.000Z'));
    test('listens to others in its point', async () => {
      await expect(add('damn')).rejects.toMatchObject({ code: 'shop.refused', message: 'Good manners refuses damn' });
    });
    test('says how it is', async () => {
      expect(await host.plugins.checkHealth('test.asker', tenant)).toEqual({ ok: false, reason: 'it does not answer' });
      expect(await host.plugins.checkHealth('test.shop', tenant)).toEqual({ ok: true });
    });
    test.each([
      ['fetch elsewhere', 'capability_denied', 'the host evil.example.org'],
      ['other secret', 'capability_denied', 'the secret OTHER'],
      ['other schema', undefined, 'permission denied'],
    ])('not: %s', async (how, code, message) => {
      await expect(ask(how)).rejects.toMatchObject({
        message: expect.stringContaining(message),
        ...(code && { code }),
      });
    });
    test("not another tenant's rows", async () => {
      const other = await host.tenant();
      await ask('write', 'theirs', other);
      expect(await ask('other tenant', other)).toBe('0');
    });
    test('an optional capability that the tenant refuses answers not_granted', async () => {
      const careful = await host.tenant();
      await host.plugins.decide(careful, 'test.asker', { grants: { files: false } }, { kind: 'user', id: 'ann' });
      await expect(ask('file', undefined, careful)).rejects.toMatchObject({ code: 'not_granted', kind: 'forbidden' });
      expect(await ask('count', undefined, careful)).toBe('1');
    });
    test('a required capability that the tenant refuses pauses the plugin', async () => {
      const careful = await host.tenant();
      await host.plugins.decide(careful, 'test.asker', { grants: { 'net:fetch': false } }, { kind: 'user', id: 'ann' });
      await expect(ask('count', undefined, careful)).rejects.toMatchObject({
        code: 'not_granted',
        message: "test.asker waits for this tenant's consent to net:fetch",
      });
      await host.plugins.decide(careful, 'test.asker', { grants: { 'net:fetch': true } }, { kind: 'user', id: 'ann' });
      expect(await ask('count', undefined, careful)).toBe('1');
    });
  });

  describe('limits', () => {
    test('a deadline ends a call that hangs', async () => {
      await expect(host.call([asks.id, 'run'], { how: 'hang' }, { tenant, timeoutMs: 50 })).rejects.toMatchObject({
        code: 'deadline_exceeded',
        kind: 'unavailable',
      });
    });
    test('a call whose caller has stopped waiting does not begin', async () => {
      const late = host.plugins.invoke({
        plugin: 'test.asker',
        target: 'service:asker.asks@1:run',
        input: { how: 'write', id: 'in vain' },
        tenant,
        deadline: Date.now() - 1,
      });
      await expect(late).rejects.toMatchObject({ code: 'deadline_exceeded' });
    });
    test('wrong input names the field', async () => {
      await expect(host.call([codes.id, 'add'], { code: 'x', uses: 'many' }, { tenant })).rejects.toMatchObject({
        code: 'invalid_input',
        details: [{ path: ['uses'] }],
      });
    });
    test('a request that nobody awaits', async () => {
      const ended = ask('float').catch((error: unknown) => (error as { code: string }).code);
      expect(await ended).toBe(strict ? 'not_awaited' : 'floating');
    });
    test('settings are those of the tenant', async () => {
      const strictTenant = await host.tenant();
      await host.rooms.settings.set(strictTenant, 'test.shop', { most: 1 }, { by: 'ann' });
      await expect(
        host.call([codes.id, 'add'], { code: 'a', uses: 2 }, { tenant: strictTenant }),
      ).rejects.toMatchObject({ code: 'shop.most' });
    });
  });
});
