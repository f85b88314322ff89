/** What it costs to know who asks: our session and key checks against better-auth's own, a plain `select 1`, and the pure part of the work. */
import { readFileSync } from 'node:fs';
import { startTestServer } from '@podlift/testkit/postgres';
import { startBetterAuth } from '../better-auth.ts';
import { openRooms, PASSWORD } from '../testing/rooms.ts';
import { keyringOf } from '../testing/keyring.ts';
import { authSecretOf } from '../token.ts';

const ROUNDS = 5;
const CALLS = 500;
const WORKSPACES = 5;
/** Of node's CPU, for a session and for a key. */
const GOAL_MS = 0.1;

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
  const best = new Map<string, Cost>();
  for (let round = -1; round < ROUNDS; round++)
    for (const [name, run] of cases) {
      const before = { node: process.cpuUsage(), server: await serverCpu() };
      const start = performance.now();
      for (let n = 0; n < CALLS; n++) await run();
      const wall = ((performance.now() - start) * 1000) / CALLS;
      const { user: own, system } = process.cpuUsage(before.node);
      const cost = { node: (own + system) / CALLS, server: ((await serverCpu()) - before.server) / CALLS, wall };
      const last = best.get(name);
      if (round >= 0) best.set(name, last ? lower(last, cost) : cost);
    }
  const at = (name: string) => best.get(name) ?? { node: 0, server: 0, wall: 0 };
  console.log(
    `best of ${ROUNDS} rounds of ${CALLS}, one after the other`.padEnd(50),
    ' node µs',
    '  server µs',
    '   wall µs',
  );
  for (const [name, { node, server, wall }] of best)
    console.log(
      name.padEnd(50),
      node.toFixed(1).padStart(8),
      server.toFixed(1).padStart(12),
      wall.toFixed(0).padStart(10),
    );
  console.log('');
  for (const [what, ours, theirs, times] of [
    ['session', `session, ours, ${WORKSPACES} workspaces`, 'session, better-auth', 10],
    ['key', 'key, ours', 'key, better-auth', 20],
  ] as const) {
    const ms = (cost: number) => (cost / 1000).toFixed(3);
    console.log(
      `${what}: ${ms(at(ours).node)} ms of node's CPU (goal: at most ${GOAL_MS}), better-auth ${ms(at(theirs).node)}: ${(at(theirs).node / at(ours).node).toFixed(1)} x less (goal: ${times})`,
    );
    console.log(
      `${''.padEnd(what.length)}  and ${ms(at(ours).server)} ms of PostgreSQL's, better-auth ${ms(at(theirs).server)}`,
    );
  }
} finally {
  await rooms.close();
  await server.stop();
}

interface Cost {
  readonly node: number;
  readonly server: number;
  readonly wall: number;
}

function lower(one: Cost, other: Cost): Cost {
  return {
    node: Math.min(one.node, other.node),
    server: Math.min(one.server, other.server),
    wall: Math.min(one.wall, other.wall),
  };
}

/** Microseconds of CPU of the connections to our database; 0 where the system does not tell. */
async function serverCpu(): Promise<number> {
  const pids = await rooms.database.admin<{ pid: number }>(
    'select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  );
  let nanos = 0;
  for (const { pid } of pids)
    try {
      nanos += Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]);
    } catch {
      // Not Linux, or it ended meanwhile.
    }
  return nanos / 1000;
}
