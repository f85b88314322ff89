import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { openRooms, PASSWORD, type Rooms } from './testing/rooms.ts';

let rooms: Rooms;
beforeAll(async () => {
  rooms = await openRooms(inject('postgres'));
});
afterAll(() => rooms.close());

const owner = (n: number, more = {}) => ({
  name: 'Ada',
  email: `ada${n}@acme.test`,
  password: PASSWORD,
  workspace: 'Acme Audio',
  ...more,
});
const tokenOf = (link: string | undefined): string => new URL(link ?? '').searchParams.get('token') ?? '';

describe('the setup link', () => {
  test('is kept as a hash only', async () => {
    const token = tokenOf(await rooms.identity.createSetupLink());
    expect(token).toHaveLength(43);
    const kept = await rooms.database.admin<{ hash: string }>('select hash from core.setup_token');
    expect(kept.map(({ hash }) => hash)).not.toContain(token);
    expect(await rooms.identity.isSetupOpen(token)).toBe(true);
  });

  test.each([
    ['a made-up token', 'x'.repeat(43)],
    ['none', ''],
  ])('%s opens nothing', async (_, token) => {
    expect(await rooms.identity.isSetupOpen(token)).toBe(false);
    await expect(rooms.identity.setUp(token, owner(0))).rejects.toMatchObject({ code: 'identity.setup_closed' });
  });

  test('stays open when the form has a mistake', async () => {
    const token = tokenOf(await rooms.identity.createSetupLink());
    await expect(rooms.identity.setUp(token, owner(0, { password: 'short' }))).rejects.toMatchObject({
      code: 'identity.password_weak',
      kind: 'invalid',
      details: [{ path: ['password'] }],
    });
    await expect(rooms.identity.setUp(token, owner(0, { email: 'ada' }))).rejects.toMatchObject({
      code: 'identity.email_invalid',
    });
    expect(await rooms.identity.isSetupOpen(token)).toBe(true);
  });

  test('runs out after a day', async () => {
    const other = await openRooms(inject('postgres'));
    const token = tokenOf(await other.identity.createSetupLink());
    other.pass(24 * 3600 * 1000 - 1000);
    expect(await other.identity.isSetupOpen(token)).toBe(true);
    other.pass(2000);
    expect(await other.identity.isSetupOpen(token)).toBe(false);
    await other.close();
  });

  test('makes one owner however many send it at once, even by different links', async () => {
    const tokens = await Promise.all([1, 2].map(async () => tokenOf(await rooms.identity.createSetupLink())));
    const tries = Array.from({ length: 8 }, (_, n) => rooms.identity.setUp(tokens[n % 2] ?? '', owner(n)));
    const results = await Promise.allSettled(tries);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const [counts] = await rooms.database.admin(`select (select count(*)::int from core.operator) as operators,
      (select count(*)::int from auth."user") as users, (select count(*)::int from auth.member) as members,
      (select count(*)::int from core.tenants) as tenants`);
    expect(counts).toEqual({ operators: 1, users: 1, members: 1, tenants: 1 });
  });

  test('made the workspace, its membership and its event', async () => {
    const { items } = await rooms.tenancy.list();
    expect(items).toMatchObject([{ slug: 'acme-audio', name: 'Acme Audio', plan: 'unlimited', status: 'active' }]);
    const members = await rooms.identity.members.list(items[0]?.id ?? '');
    expect(members).toMatchObject([{ role: 'owner', name: 'Ada' }]);
    expect(rooms.events).toMatchObject([{ type: 'core.tenant-created@1', payload: { slug: 'acme-audio' } }]);
  });

  test('is not given again once somebody owns the installation, and open ones are void', async () => {
    expect(await rooms.identity.createSetupLink()).toBeUndefined();
    const [{ open } = { open: '' }] = await rooms.database.admin<{ open: string }>(
      'select hash as open from core.setup_token where used_at is null limit 1',
    );
    expect(open).not.toBe('');
    for (const n of [1, 2])
      await expect(rooms.identity.setUp(open, owner(n))).rejects.toMatchObject({ code: 'identity.setup_closed' });
  });
});
