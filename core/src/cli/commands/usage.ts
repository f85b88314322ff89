import { InvalidArgumentError, type Command } from 'commander';
import type { Rooms } from '../../app/index.ts';
import type { Cli } from '../cli.ts';
import { useRooms } from '../tool.ts';
import { findTenant } from './tenant.ts';

const DAY_MS = 86_400_000;
const PER = ['total', 'month', 'day'] as const;
const BY = ['hour', 'day', 'month'] as const;

interface UsageOptions {
  readonly tenant?: string;
  readonly days: number;
  readonly by: (typeof BY)[number];
  readonly meter?: string[];
}

/** `podlift usage` and `podlift quota …`: what tenants use, and what they may. */
export function addUsageCommands(program: Command, cli: Cli): void {
  program
    .command('usage')
    .description('tell what tenants use; what was counted in the last seconds by running nodes follows')
    .option('--tenant <tenant>', 'only this one, slug or id')
    .option('--days <number>', 'how far back', readDays, 30)
    .option('--by <stretch>', 'hour, day or month', oneOf(BY), 'month')
    .option('--meter <name...>', 'only these meters')
    .action((options: UsageOptions, command: Command) =>
      useRooms(cli, command, async (rooms, output) => {
        const { usage, clock, tenancy } = rooms;
        const to = new Date(clock.now() + 1);
        const query = {
          from: new Date(to.getTime() - options.days * DAY_MS),
          to,
          by: options.by,
          ...(options.meter && { meters: options.meter }),
        };
        const only = options.tenant === undefined ? undefined : await findTenant(rooms, options.tenant);
        const rows = only
          ? (await usage.read(only.id, query)).map((one) => ({ tenant: only.id, slug: only.slug, ...one }))
          : await Promise.all(
              (await everyTenant(usage, query)).map(async (one) => ({
                ...one,
                slug: (await tenancy.byId(one.tenant))?.slug ?? one.tenant,
              })),
            );
        output.table({
          columns: ['from', 'tenant', 'meter', 'plugin', 'amount'],
          rows: rows.map((one) => [one.at.toISOString().slice(0, 13), one.slug, one.meter, one.of, String(one.amount)]),
        });
        output.result(rows);
      }),
    );

  const quota = program.command('quota').description('read and set what a tenant may use');
  quota
    .command('list')
    .description('tell what a tenant may use and has used')
    .requiredOption('--tenant <tenant>', 'slug or id')
    .action((options: { tenant: string }, command: Command) =>
      useRooms(cli, command, async (rooms, output) => {
        const all = await rooms.quotas.usage((await findTenant(rooms, options.tenant)).id);
        output.table({
          columns: ['limit', 'of', 'used', 'per', 'starts anew', 'from'],
          rows: all.map(({ name, limit, used, per, resetsAt, source }) => [
            name,
            String(limit),
            String(used),
            per,
            resetsAt?.toISOString() ?? '',
            source,
          ]),
        });
        if (all.length === 0) output.line('Nothing is limited.');
        output.result(all);
      }),
    );
  quota
    .command('set <name> <limit>')
    .description('set a limit for one tenant alone, in place of its plan; `none` for no limit')
    .requiredOption('--tenant <tenant>', 'slug or id')
    .requiredOption('--reason <text>', 'why')
    .option('--per <stretch>', 'total, month or day', oneOf(PER), 'total')
    .option('--days <number>', 'for so many days', readDays)
    .action(
      (
        name: string,
        given: string,
        options: { tenant: string; reason: string; per: (typeof PER)[number]; days?: number },
        command: Command,
      ) =>
        useRooms(cli, command, async (rooms, output) => {
          const { id, slug } = await findTenant(rooms, options.tenant);
          const limit = readLimit(given);
          const until = options.days === undefined ? undefined : new Date(rooms.clock.now() + options.days * DAY_MS);
          const { per, reason } = options;
          await rooms.quotas.overrides.set(
            id,
            { name, limit, per, ...(until && { until }) },
            { by: 'system:cli', reason, within: witness(rooms, 'quota.set', id, name, { limit, per, until, reason }) },
          );
          output.line(
            `${slug} may use ${limit ?? 'any number of'} ${name}${until ? ` until ${until.toISOString()}` : ''}.`,
          );
          output.result(await rooms.quotas.overrides.of(id));
        }),
    );
  quota
    .command('reset <name>')
    .description("let the plan's limit hold again")
    .requiredOption('--tenant <tenant>', 'slug or id')
    .action((name: string, options: { tenant: string }, command: Command) =>
      useRooms(cli, command, async (rooms, output) => {
        const { id, slug } = await findTenant(rooms, options.tenant);
        await rooms.quotas.overrides.remove(id, name, {
          by: 'system:cli',
          within: witness(rooms, 'quota.reset', id, name),
        });
        output.line(`The plan of ${slug} says how many ${name} it may use.`);
        output.result(await rooms.quotas.overrides.of(id));
      }),
    );
}

const PAGE = 100;

async function everyTenant(usage: Rooms['usage'], query: Parameters<Rooms['usage']['readAll']>[0]) {
  const all: Awaited<ReturnType<Rooms['usage']['readAll']>> = [];
  for (let after: string | undefined; ;) {
    const page = await usage.readAll({ ...query, limit: PAGE, ...(after !== undefined && { after }) });
    all.push(...page);
    after = page.at(-1)?.tenant;
    if (after === undefined) return all;
  }
}

const witness =
  (
    { audit }: Pick<Rooms, 'audit'>,
    action: string,
    tenant: string,
    name: string,
    details: Readonly<Record<string, unknown>> = {},
  ) =>
  (tx: Parameters<typeof audit.record>[0]) =>
    audit.record(tx, {
      tenant,
      operator: true,
      actor: { kind: 'system', id: 'cli' },
      action,
      target: `quota:${name}`,
      details,
    });

function readDays(given: string): number {
  const days = Number(given);
  if (!Number.isInteger(days) || days < 1 || days > 800)
    throw new InvalidArgumentError('Use a whole number of days from 1 to 800.');
  return days;
}

function readLimit(given: string): number | null {
  if (given === 'none') return null;
  const limit = Number(given);
  if (!Number.isSafeInteger(limit) || limit < 0) throw new InvalidArgumentError('Use a whole number, or none.');
  return limit;
}

const oneOf =
  <T extends string>(all: readonly T[]) =>
  (given: string): T => {
    const found = all.find((one) => one === given);
    if (!found) throw new InvalidArgumentError(`Use ${all.join(', ')}.`);
    return found;
  };
