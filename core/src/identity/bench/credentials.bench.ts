/** What it costs to know who asks: our session and key checks against better-auth's own, a plain `select 1`, and the pure part of the work. */
import { startTestServer } from '@podlift/testkit/postgres';
import { startBetterAuth } from '../better-auth.ts';
import { openRooms, PASSWORD } from '../testing/rooms.ts';
import { keyringOf } from '../testing/keyring.ts';
import { authSecretOf } from '../token.ts';

const ROUNDS = 5;
const CALLS = 500;
const WORKSPACES = 5;

const server = await startTestServer({ durable: true });
const rooms = await openRooms(server);
try {
  const { identity, access, database } = rooms;
  const { user, tenant } = await identity.createOwner({
    name: 'A',
    email: 'a@x.test',
    password: PASSWORD,
    workspace: 'a',
  });
  for (let n = 1; n < WORKSPACES; n++) await identity.createWorkspace(user.id, { name: `w${n}`, plan: 'unlimited' });
  const cookie = (await identity.signIn('a@x.test', PASSWORD, { ip: '192.0.2.1' }))
    .map((one) => one.split(';')[0])
    .join('; ');
  const { key } = await identity.keys.create({
    tenant: tenant.id,
    name: 'k',
    kind: 'secret',
    scopes: ['keys:read'],
    role: 'owner',
    by: 'x',
  });
  const secret = authSecretOf(keyringOf(database.options.masterKey));
  const auth = startBetterAuth({
    pool: database.pool('auth'),
    secret,
    publicUrl: 'http://podlift.test',
    cookieDomain: undefined,
    isTrustedOrigin: async () => true,
    log: () => undefined,
  });
  const verify: unknown = Reflect.get(auth.api, 'verifyApiKey');
  const browser = new Request('http://podlift.test', { headers: { cookie } });
  const client = new Request('http://podlift.test', { headers: { authorization: `Bearer ${key}` } });
  const forged = new Request('http://podlift.test', { headers: { cookie: `${cookie.slice(0, -8)}AAAA%3D` } });
  const credential = await identity.authenticate(browser);

  const cases: readonly [string, () => unknown][] = [
    ['select 1 (the floor)', () => database.query('select 1', [], 'bench_floor')],
    [`session, ours, ${WORKSPACES} workspaces`, () => identity.authenticate(browser)],
    ['session, better-auth', () => auth.api.getSession({ headers: browser.headers })],
    ['key, ours', () => identity.authenticate(client)],
    ['key, better-auth', () => typeof verify === 'function' && verify({ body: { key, configId: 'secret' } })],
    ['forged cookie, ours (no query)', () => identity.authenticate(forged)],
    ['principal and ability', () => credential && identity.resolvePrincipal(credential, tenant)],
    ['ability, cached', () => access.abilityFor({ role: 'analyst', operator: false }).can('settings:read')],
  ];
  const best = new Map<string, { cpu: number; wall: number }>();
  for (let round = -1; round < ROUNDS; round++)
    for (const [name, run] of cases) {
      const cpu = process.cpuUsage();
      const start = performance.now();
      for (let n = 0; n < CALLS; n++) await run();
      const wall = ((performance.now() - start) * 1000) / CALLS;
      const { user: own, system } = process.cpuUsage(cpu);
      const before = best.get(name);
      if (round >= 0)
        best.set(name, {
          cpu: Math.min(before?.cpu ?? Infinity, (own + system) / CALLS),
          wall: Math.min(before?.wall ?? Infinity, wall),
        });
    }
  const at = (name: string) => best.get(name)?.cpu ?? 0;
  console.log('best of 5 rounds of 500, one after the other'.padEnd(50), 'node cpu µs', '   wall µs');
  for (const [name, { cpu, wall }] of best)
    console.log(name.padEnd(50), cpu.toFixed(1).padStart(11), wall.toFixed(0).padStart(10));
  const ratio = (theirs: string, ours: string) => (at(theirs) / at(ours)).toFixed(1);
  console.log(
    `session: ${ratio('session, better-auth', `session, ours, ${WORKSPACES} workspaces`)} x less cpu than better-auth (goal: 10)`,
  );
  console.log(`key: ${ratio('key, better-auth', 'key, ours')} x less cpu than better-auth (goal: 20)`);
} finally {
  await rooms.close();
  await server.stop();
}
