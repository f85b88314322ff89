/** What an audit row costs in the transaction it belongs to, and how fast rows are sealed and verified. */
import { createTestDatabase, startTestServer } from '@podlift/testkit/postgres';
import { uuidv7 } from '@podlift/sdk';
import { silentLog } from '../../telemetry/index.ts';
import { createAudit, createAuditSealer, migrations, verifyChains } from '../index.ts';

const ROUNDS = 8;
const ROUND_MS = 250;
const ROWS = 100_000;
const TENANTS = 100;
const CHANGE = 'update core.tenants set name = $2 where id = $1';

const server = await startTestServer({ durable: true });
try {
  const database = await createTestDatabase(server, { migrations, poolSize: 16 });
  const audit = createAudit(database);
  const sealer = createAuditSealer({ database, log: silentLog });
  const tenants = await Promise.all(Array.from({ length: TENANTS }, () => database.newTenant()));
  const [tenant = ''] = tenants;
  await database.admin('grant update on core.tenants to podlift_runtime');
  const entry = (of: string) => ({
    tenant: of,
    actor: { kind: 'user', id: '01a20f44-503f-7296-873f-ca51be712b84' },
    action: 'tenant.renamed',
    target: `tenant:${of}`,
    details: { before: 'Acme', after: 'Acme Audio' },
  });

  const cases: [string, () => Promise<unknown>][] = [
    [
      'a change without a row',
      () => database.withTenant({ tenant }, (tx) => tx.execute(CHANGE, [tenant, 'a'], 'bench')),
    ],
    [
      'the change and its row in one transaction',
      () =>
        database.withTenant({ tenant }, async (tx) => {
          await tx.execute(CHANGE, [tenant, 'a'], 'bench');
          await audit.record(tx, entry(tenant));
        }),
    ],
    [
      'the change, its row and the operator’s',
      () =>
        database.withTenant({ tenant }, async (tx) => {
          await tx.execute(CHANGE, [tenant, 'a'], 'bench');
          await audit.record(tx, { ...entry(tenant), operator: true });
        }),
    ],
    [
      'the change, then its row in a transaction of its own',
      async () => {
        await database.withTenant({ tenant }, (tx) => tx.execute(CHANGE, [tenant, 'a'], 'bench'));
        await audit.record(null, entry(tenant));
      },
    ],
  ];
  console.log(`\n${'one connection, durable commits'.padEnd(54)}  p50 ms   of none`);
  const taken = cases.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++)
    for (const [index, [, run]] of cases.entries()) {
      const until = performance.now() + ROUND_MS;
      while (performance.now() < until) {
        const began = performance.now();
        await run();
        taken[index]?.push(performance.now() - began);
      }
    }
  const medians = taken.map((all) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0);
  for (const [index, [name]] of cases.entries()) {
    const median = medians[index] ?? 0;
    console.log(`${name.padEnd(54)} ${median.toFixed(2).padStart(7)}   ${(median / (medians[0] ?? 1)).toFixed(2)}`);
  }

  await sealer.seal();
  await database.admin(
    `insert into core.audit (tenant_id, id, actor_kind, actor_id, action, target, details, "time", via, salt)
     select ($1::uuid[])[1 + n % ${TENANTS}], uuidv7(), 'user', $2, 'thing.done', 'thing:' || n, jsonb_build_object('n', n), now(), 'rest', uuid_send(gen_random_uuid())
     from generate_series(1, ${ROWS}) n`,
    [tenants, uuidv7()],
  );
  let began = performance.now();
  const sealed = (await sealer.seal()) ?? 0;
  const sealing = sealed / ((performance.now() - began) / 1000);
  began = performance.now();
  let verified = 0;
  let wrong = 0;
  for await (const { acts, findings } of verifyChains({ database })) {
    verified += acts;
    wrong += findings.length;
  }
  const verifying = verified / ((performance.now() - began) / 1000);
  console.log(`\n${''.padEnd(40)} rows/s   goal`);
  console.log(
    `${`sealed, ${sealed} rows of ${TENANTS} tenants`.padEnd(40)} ${Math.round(sealing).toString().padStart(6)}   1000 within the second`,
  );
  console.log(`${`verified, ${wrong} findings`.padEnd(40)} ${Math.round(verifying).toString().padStart(6)}   10000`);
  await database.close();
} finally {
  await server.stop();
}
