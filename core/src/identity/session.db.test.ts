import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { AUTH_ROUTES } from './auth.ts';
import { createOrigins } from './origins.ts';
import { keyringOf } from './testing/keyring.ts';
import { authSecretOf } from './token.ts';
import { openRooms, PASSWORD, type Rooms } from './testing/rooms.ts';

let rooms: Rooms;
let secret: string;
let cookie: string;
const from = { ip: '198.51.100.1', userAgent: 'test' };
const URL_OF = 'http://podlift.test';

const asking = (headers: Record<string, string>): Request => new Request(URL_OF, { headers });
const cookieOf = (setCookies: readonly string[]): string => setCookies.map((one) => one.split(';')[0]).join('; ');
const theirSession = z.object({
  session: z.object({ id: z.string() }),
  user: z.object({ id: z.string(), email: z.string() }),
});
/** What better-auth itself says of a request. */
async function theirs(headers: Record<string, string>) {
  const response = await rooms.identity.auth.handle(
    new Request(`${URL_OF}/api/auth/get-session`, { headers }),
    from.ip,
  );
  return z.nullable(theirSession).parse(await response.json());
}

const toProblemLike = (error: unknown) => (error instanceof Error ? [error.message, JSON.stringify(error)] : error);

beforeAll(async () => {
  rooms = await openRooms(inject('postgres'));
  secret = authSecretOf(keyringOf(rooms.database.options.masterKey));
  await rooms.identity.createOwner({ name: 'Ada', email: 'Ada@Acme.test', password: PASSWORD, workspace: 'Acme' });
  cookie = cookieOf(await rooms.identity.signIn('ada@acme.test', PASSWORD, from));
});
afterAll(() => rooms.close());

describe('signing in', () => {
  test('gives a cookie that a script cannot read and another site does not send', async () => {
    const [set] = await rooms.identity.signIn(' ADA@acme.test', PASSWORD, from);
    expect(set).toMatch(/^podlift\.session_token=[^;]+; Max-Age=604800; Path=\/; HttpOnly; SameSite=Lax$/i);
  });

  test('answers the same for a wrong password and an unknown address', async () => {
    const said = async (email: string) =>
      rooms.identity.signIn(email, 'another password', from).then(
        () => 'signed in',
        (error: unknown) => JSON.stringify(toProblemLike(error)),
      );
    expect(await said('ada@acme.test')).toContain('identity.wrong_password');
    expect(await said('eve@acme.test')).toBe(await said('ada@acme.test'));
  });

  test('is refused after five tries from one address, for that account and address only', async () => {
    const guess = (email: string, ip: string) =>
      rooms.identity.signIn(email, 'a wrong password', { ip }).catch((e: Error) => e);
    for (let n = 0; n < 5; n++) expect(await guess('bob@acme.test', '203.0.113.9')).toMatchObject({ status: 401 });
    expect(await guess('bob@acme.test', '203.0.113.9')).toMatchObject({ code: 'limits.exceeded', kind: 'limit' });
    expect(await guess('bob@acme.test', '203.0.113.10')).toMatchObject({ status: 401 });
    expect(await guess('eve@acme.test', '203.0.113.9')).toMatchObject({ status: 401 });
  });

  test('keeps the address of the client that the edge found, not the one a header claims', async () => {
    await rooms.identity.signIn('ada@acme.test', PASSWORD, { ip: '203.0.113.77' });
    const rows = await rooms.database.admin<{ ip: string }>(
      'select "ipAddress" as ip from auth.session order by "createdAt" desc limit 1',
    );
    expect(rows).toEqual([{ ip: '203.0.113.77' }]);
  });
});

describe('the fast check', () => {
  test('says what better-auth says', async () => {
    const ours = await rooms.identity.authenticate(asking({ cookie }));
    const said = await theirs({ cookie });
    expect(said).not.toBeNull();
    expect(ours).toMatchObject({
      kind: 'session',
      cookie: true,
      session: { id: said?.session.id },
      user: { id: said?.user.id, email: 'ada@acme.test', name: 'Ada' },
      operator: true,
    });
    expect(ours?.kind === 'session' && Object.values(ours.memberships)).toEqual(['owner']);
  });

  test('takes the signed token as a bearer too, as better-auth does', async () => {
    const token = decodeURIComponent(cookie.split('=')[1] ?? '');
    const ours = await rooms.identity.authenticate(asking({ authorization: `Bearer ${token}` }));
    expect(ours).toMatchObject({ kind: 'session', cookie: false, user: { email: 'ada@acme.test' } });
  });

  test.each([
    ['a changed signature', (c: string) => `${c.slice(0, -8)}AAAA%3D`],
    ['a changed token', (c: string) => c.replace(/=(.)/, (_, first: string) => `=${first === 'a' ? 'b' : 'a'}`)],
    ['no signature', (c: string) => c.split('.').slice(0, 2).join('.')],
    [
      'another secret',
      (c: string) => {
        const token = (c.split('=')[1] ?? '').split('.')[0] ?? '';
        const mac = createHmac('sha256', 'x'.repeat(32)).update(token).digest('base64');
        return `podlift.session_token=${encodeURIComponent(`${token}.${mac}`)}`;
      },
    ],
    ['rubbish', () => 'podlift.session_token=%E0%A4%A'],
    ['an empty value', () => 'podlift.session_token='],
    ['the cookie of another name', (c: string) => c.replace('podlift.', 'better-auth.')],
  ])('is blind to %s, and so is better-auth', async (_, bend) => {
    const bent = bend(cookie);
    expect(await rooms.identity.authenticate(asking({ cookie: bent }))).toBeUndefined();
    expect(await theirs({ cookie: bent })).toBeNull();
  });

  test('does not take the token that stands in the database', async () => {
    const [row] = await rooms.database.admin<{ token: string }>('select token from auth.session limit 1');
    const token = row?.token ?? '';
    expect(await rooms.identity.authenticate(asking({ cookie: `podlift.session_token=${token}` }))).toBeUndefined();
    await expect(rooms.identity.authenticate(asking({ authorization: `Bearer ${token}` }))).rejects.toMatchObject({
      code: 'identity.credential_bad',
    });
    expect(await theirs({ authorization: `Bearer ${token}` })).toBeNull();
  });

  test('a bad header is not saved by a good cookie', async () => {
    for (const authorization of ['Bearer nonsense', 'Basic bm9uc2Vuc2U6', 'Digest x', `Bearer plk_${'x'.repeat(43)}`])
      await expect(rooms.identity.authenticate(asking({ cookie, authorization }))).rejects.toMatchObject({
        status: 401,
      });
  });

  test('ends with the session: signed out, revoked by a new password, run out', async () => {
    const sessions = await Promise.all([1, 2, 3].map(() => rooms.identity.signIn('ada@acme.test', PASSWORD, from)));
    const [out = '', old = '', reset = ''] = sessions.map(cookieOf);
    const known = async (c: string) => (await rooms.identity.authenticate(asking({ cookie: c }))) !== undefined;
    expect(await Promise.all([known(out), known(old), known(reset)])).toEqual([true, true, true]);

    const cleared = await rooms.identity.signOut(asking({ cookie: out }), from.ip);
    expect(cleared[0]).toMatch(/^podlift\.session_token=; Max-Age=0/i);
    expect(await known(out)).toBe(false);

    const who = await rooms.identity.authenticate(asking({ cookie: old }));
    const id = who?.kind === 'session' ? who.session.id : '';
    await rooms.database.admin(`update auth.session set "expiresAt" = now() - interval '1 second' where id = $1`, [id]);
    expect(await known(old)).toBe(false);
    expect(await theirs({ cookie: old })).toBeNull();

    await rooms.identity.users.resetPassword('ada@acme.test', 'eleven blue tractors');
    expect(await known(reset)).toBe(false);
    expect(await known(cookie)).toBe(false);
    cookie = cookieOf(await rooms.identity.signIn('ada@acme.test', 'eleven blue tractors', from));
    await expect(rooms.identity.signIn('ada@acme.test', PASSWORD, from)).rejects.toMatchObject({ status: 401 });
  });
});

describe('the schema auth', () => {
  test('has everything that better-auth wants: nothing is left to create', async () => {
    const { getMigrations } = await import('better-auth/db/migration');
    const { authOptions } = await import('./auth-options.ts');
    const options = authOptions({
      pool: rooms.database.pool('auth'),
      secret,
      publicUrl: URL_OF,
      cookieDomain: undefined,
      isTrustedOrigin: async () => true,
      log: () => undefined,
    });
    const { toBeCreated, toBeAdded, compileMigrations } = await getMigrations(options);
    expect({ toBeCreated, toBeAdded }).toEqual({ toBeCreated: [], toBeAdded: [] });
    expect((await compileMigrations()).trim()).toMatch(/^;?$/);
  });

  test('is closed to every role but its own', async () => {
    const { database } = rooms;
    for (const table of [
      '"user"',
      'session',
      'account',
      'apikey',
      'member',
      'organization',
      'verification',
      'invitation',
    ]) {
      await expect(database.query(`select 1 from auth.${table}`)).rejects.toThrow(/permission denied for schema auth/);
      await expect(database.system('test', (tx) => tx.query(`select 1 from auth.${table}`))).rejects.toThrow(
        /permission denied/,
      );
    }
    await expect(database.query('select 1 from core.operator')).rejects.toThrow(/permission denied/);
    await expect(database.query('select 1 from core.setup_token')).rejects.toThrow(/permission denied/);
    await expect(database.query(`insert into core.operator values ('x', now(), 'x')`)).rejects.toThrow(
      /permission denied/,
    );
  });

  test('answers the runtime one session at a time, by its whole token', async () => {
    const { database } = rooms;
    expect(await database.query('select * from core.check_session($1)', ['%'])).toEqual([]);
    expect(await database.query('select * from core.check_key($1)', ['%'])).toEqual([]);
    await expect(
      database.system('test', (tx) => tx.query('select * from core.check_session($1)', ['x'])),
    ).rejects.toThrow(/permission denied/);
  });
});

test('of better-auth, what is not listed does not exist', () => {
  const open = Object.keys(AUTH_ROUTES);
  expect(open.filter((path) => /organization|api-key|delete|verify|admin/.test(path))).toEqual([]);
});

describe('behind https, with tenants’ host names', () => {
  test('the cookie is marked secure, reaches the tenants, and the fast check knows it by its name', async () => {
    const secure = await openRooms(inject('postgres'), {
      publicUrl: 'https://app.podlift.test',
      baseDomain: 'podlift.test',
    });
    await secure.identity.createOwner({ name: 'Ada', email: 'ada@x.test', password: PASSWORD, workspace: 'Acme' });
    const [set = ''] = await secure.identity.signIn('ada@x.test', PASSWORD, from);
    expect(set).toMatch(
      /^__Secure-podlift\.session_token=[^;]+; Max-Age=604800; Domain=podlift\.test; Path=\/; HttpOnly; Secure; SameSite=Lax$/i,
    );
    const sent = cookieOf([set]);
    expect(await secure.identity.authenticate(asking({ cookie: sent }))).toMatchObject({ kind: 'session' });
    expect(await secure.identity.authenticate(asking({ cookie: sent.replace('__Secure-', '') }))).toBeUndefined();
    await secure.close();
  });

  test.each([
    ['https://app.podlift.test', true],
    ['https://acme.podlift.test', true],
    ['https://podlift.test', true],
    ['http://acme.podlift.test', false],
    ['https://evilpodlift.test', false],
    ['https://podlift.test.evil.test', false],
    ['http://localhost:3000', false],
    ['null', false],
  ])('the origin %s is trusted: %s', async (origin, expected) => {
    const origins = createOrigins({
      config: { publicUrl: 'https://app.podlift.test', baseDomain: 'podlift.test', mode: 'production' },
      isKnownDomain: async (host) => host === 'brand.example',
    });
    expect(await origins.isTrusted(origin)).toBe(expected);
  });
});
