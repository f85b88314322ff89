import type { Command } from 'commander';
import type { Rooms } from '../../app/index.ts';
import type { Witness } from '../../audit/index.ts';
import type { Tenant } from '../../tenancy/index.ts';
import type { Cli } from '../cli.ts';
import type { Output } from '../output.ts';
import { useRooms } from '../tool.ts';

const OPERATOR = { kind: 'system', id: 'cli' } as const;

/** Writes what was done to a tenant into its trail and the operator's. */
const witness =
  (audit: Rooms['audit'], what: string, detailsOf: (tenant: Tenant) => object): Witness<Tenant> =>
  (tx, tenant) =>
    audit.record(tx, {
      tenant: tenant.id,
      operator: true,
      actor: OPERATOR,
      action: `tenant.${what}`,
      target: `tenant:${tenant.id}`,
      details: { slug: tenant.slug, ...detailsOf(tenant) },
    });

/** `podlift tenant …`: the registry of tenants. */
export function addTenantCommands(program: Command, cli: Cli): void {
  const tenant = program.command('tenant').description('create, read, suspend, delete and purge tenants');

  tenant
    .command('list')
    .description('list tenants, newest first')
    .option('--status <status>', 'only active, suspended or deleted ones')
    .action((options: { status?: Tenant['status'] }, command: Command) =>
      useRooms(cli, command, async ({ tenancy }, output) => {
        const items: Tenant[] = [];
        let after: string | undefined;
        do {
          const page = await tenancy.list({
            ...(options.status && { status: options.status }),
            ...(after && { after }),
          });
          items.push(...page.items);
          after = page.next;
        } while (after);
        showTenants(output, items);
        output.result(items);
      }),
    );

  tenant
    .command('show <tenant>')
    .description('show a tenant by slug or id')
    .action((name: string, _, command: Command) =>
      useRooms(cli, command, async (rooms, output) => {
        const found = await findTenant(rooms, name);
        const { value } = await rooms.tenancy.settings.get(found.id);
        showTenants(output, [found]);
        output.table({
          columns: ['setting', 'value'],
          rows: Object.entries(value).map(([key, one]) => [key, String(one)]),
        });
        output.result({ ...found, settings: value });
      }),
    );

  tenant
    .command('create <slug>')
    .description('create a tenant; the slug is its name in addresses')
    .option('--name <name>', 'what people read; the slug otherwise')
    .option('--plan <plan>', 'its plan; without limits otherwise')
    .action((slug: string, options: { name?: string; plan?: string }, command: Command) =>
      useRooms(cli, command, async ({ tenancy, audit }, output) => {
        const made = await tenancy.create({
          slug,
          name: options.name ?? slug,
          ...(options.plan && { plan: options.plan }),
          witness: witness(audit, 'created', ({ name, plan }) => ({ name, plan })),
        });
        output.line(`Created the tenant ${made.slug} (${made.id}).`);
        output.result(made);
      }),
    );

  const act = (
    name: string,
    description: string,
    done: string,
    run: (rooms: Rooms, found: Tenant, row: Witness<Tenant>, options: { reason?: string }) => Promise<Tenant>,
  ): Command =>
    tenant
      .command(`${name} <tenant>`)
      .description(description)
      .action((given: string, options: { reason?: string }, command: Command) =>
        useRooms(cli, command, async (rooms, output) => {
          const found = await findTenant(rooms, given);
          const { reason } = options;
          const row = witness(rooms.audit, done.toLowerCase(), () => (reason ? { reason } : {}));
          const result = await run(rooms, found, row, options);
          output.line(`${done} ${found.slug}.`);
          output.result(result);
        }),
      );

  act('suspend', 'close a tenant to everybody but operators', 'Suspended', ({ tenancy }, { id }, row, { reason }) =>
    tenancy.suspend(id, reason ?? 'by the operator', row),
  ).option('--reason <text>', 'shown to its members');
  act('resume', 'open a suspended tenant again', 'Resumed', ({ tenancy }, { id }, row) => tenancy.resume(id, row));
  act('delete', 'close a tenant and purge it after the grace period', 'Deleted', ({ tenancy }, { id }, row) =>
    tenancy.remove(id, undefined, row),
  );
  act('restore', 'bring a deleted tenant back before it is purged', 'Restored', ({ tenancy }, { id }, row) =>
    tenancy.restore(id, row),
  );
}

/** By slug or id. */
export async function findTenant({ tenancy }: Pick<Rooms, 'tenancy'>, name: string): Promise<Tenant> {
  return (await tenancy.byName(name)) ?? tenancy.get(name);
}

function showTenants(output: Output, tenants: readonly Tenant[]): void {
  if (tenants.length === 0)
    return output.line('There is no tenant yet. Create one with `podlift tenant create <slug>`.');
  output.table({
    columns: ['slug', 'name', 'status', 'plan', 'id', 'created'],
    rows: tenants.map(({ slug, name, status, plan, id, createdAt }) => [
      slug,
      name,
      status,
      plan,
      id,
      createdAt.toISOString().slice(0, 10),
    ]),
  });
}
