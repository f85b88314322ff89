import { readFileSync } from 'node:fs';
import { InvalidArgumentError, type Command } from 'commander';
import type { Rooms } from '../../app/index.ts';
import { flagsOf } from '../../plugins/index.ts';
import type { FlagInfo } from '../../settings/index.ts';
import type { Cli } from '../cli.ts';
import type { Output } from '../output.ts';
import { useRooms } from '../tool.ts';
import { findTenant } from './tenant.ts';

const BY = 'system:cli';

/** `podlift flags …`: what plugins leave to be switched. */
export function addFlagCommands(program: Command, cli: Cli): void {
  const flags = program.command('flags').description('list, switch and explain feature flags');

  flags
    .command('list')
    .description('list the flags of all plugins, with what operators said')
    .action((_, command: Command) =>
      useFlags(cli, command, async (rooms, output) => {
        const all = await rooms.flags.list();
        output.table({
          columns: ['flag', 'default', 'said', 'rules', 'decided by', 'what it does'],
          rows: all.map((one) => [
            `${one.owner}/${one.name}`,
            String(one.default),
            said(one),
            String(one.config.rules.length),
            one.override === 'tenant' ? 'tenants too' : 'operators',
            one.description,
          ]),
        });
        output.result(all);
      }),
    );

  flags
    .command('set <flag> [value]')
    .description('say what a flag is, as in acme.models/newModel on; `default` takes it back, `off` is false')
    .option('--tenant <tenant>', 'for one tenant alone, slug or id')
    .option('--percent <number>', 'only for this share; raising it keeps those who are in', readPercent)
    .option('--by <who>', 'with --percent: tenant or actor', 'tenant')
    .option('--kill', 'off for everybody, whatever else is said')
    .option('--revive', 'let what is said hold again')
    .option('--rules <file>', 'a JSON file with everything that is said, as the REST API takes it')
    .action((flag: string, value: string | undefined, options: SetOptions, command: Command) =>
      useFlags(cli, command, async (rooms, output) => {
        const [owner, name] = split(flag);
        const result = await set(rooms, owner, name, value, options);
        output.line(`${flag} is ${result}.`);
        output.result(await rooms.flags.get(owner, name));
      }),
    );

  flags
    .command('explain <flag>')
    .description('tell what a flag is in a tenant, and why')
    .requiredOption('--tenant <tenant>', 'slug or id')
    .option('--user <id>', 'for this person')
    .option('--role <role>', 'for somebody with this role')
    .action((flag: string, options: { tenant: string; user?: string; role?: string }, command: Command) =>
      useFlags(cli, command, async (rooms, output) => {
        const [owner, name] = split(flag);
        const tenant = (await findTenant(rooms, options.tenant)).id;
        const found = await rooms.flags.explain(owner, name, {
          tenant,
          ...(options.user !== undefined && { actor: { kind: 'user', id: options.user } }),
          ...(options.role !== undefined && { role: options.role }),
        });
        output.line(`${flag} is ${String(found.value)}: ${WHY[found.reason]}.`);
        for (const line of found.trail ?? []) output.line(`  ${line}`);
        output.result(found);
      }),
    );
}

interface SetOptions {
  readonly tenant?: string;
  readonly percent?: number;
  readonly by: string;
  readonly kill?: boolean;
  readonly revive?: boolean;
  readonly rules?: string;
}

const WHY = {
  killed: 'an operator turned it off for everybody',
  override: 'it was decided for this tenant',
  rule: 'a rule fits',
  configured: 'no rule fits, and an operator said so',
  default: 'nobody said otherwise',
} as const;

async function set(
  rooms: Rooms,
  owner: string,
  name: string,
  value: string | undefined,
  { tenant, percent, by, kill, revive, rules }: SetOptions,
): Promise<string> {
  const { flags, audit } = rooms;
  const flag = await flags.get(owner, name);
  const saving = (action: string, details: Readonly<Record<string, unknown>> = {}, of?: string) => ({
    by: BY,
    within: (tx: Parameters<typeof audit.record>[0]) =>
      audit.record(tx, {
        ...(of !== undefined && { tenant: of }),
        operator: true,
        actor: { kind: 'system', id: 'cli' },
        action,
        target: `flag:${owner}/${name}`,
        details,
      }),
  });
  if (kill || revive) {
    await flags.kill(owner, name, kill === true, saving(kill ? 'flag.killed' : 'flag.revived'));
    return kill ? 'off for everybody' : 'what is said of it';
  }
  if (rules !== undefined) {
    const given: unknown = JSON.parse(readFileSync(rules, 'utf8'));
    await flags.configure(owner, name, given, saving('flag.configured', { from: 'file' }));
    return 'what the file says';
  }
  if (value === undefined) throw new InvalidArgumentError('Give a value, --kill, --revive or --rules.');
  const meant = readValue(flag, value);
  if (tenant !== undefined) {
    const { id, slug } = await findTenant(rooms, tenant);
    await flags.override(id, owner, name, meant, {
      ...saving('flag.overridden', { value: meant }, id),
      operator: true,
    });
    return meant === null ? `for ${slug} what it is for others` : `${String(meant)} for ${slug}`;
  }
  const { config } = flag;
  const { value: _, ...rest } = config;
  const next =
    percent === undefined
      ? { ...rest, ...(meant !== null && { value: meant }) }
      : { ...rest, rules: [{ name: 'command line', percent, by, value: meant }] };
  await flags.configure(owner, name, next, saving('flag.configured', { value: meant, percent }));
  if (percent !== undefined) return `${String(meant)} for ${percent} % by ${by}`;
  return meant === null ? `${String(flag.default)} by default` : String(meant);
}

function readValue({ type }: FlagInfo, text: string): boolean | string | null {
  if (text === 'default') return null;
  if (type === 'variants') return text;
  if (['on', 'true', 'yes'].includes(text)) return true;
  if (['off', 'false', 'no'].includes(text)) return false;
  throw new InvalidArgumentError('Use on, off or default.');
}

const said = ({ config }: FlagInfo): string =>
  config.killed ? 'killed' : config.value === undefined ? '' : String(config.value);

function split(flag: string): [owner: string, name: string] {
  const slash = flag.indexOf('/');
  if (slash < 1) throw new InvalidArgumentError('A flag is <plugin>/<name>, as in acme.models/newModel.');
  return [flag.slice(0, slash), flag.slice(slash + 1)];
}

function readPercent(given: string): number {
  const percent = Number(given);
  if (!(percent >= 0 && percent <= 100)) throw new InvalidArgumentError('Use a number from 0 to 100.');
  return percent;
}

/** Flags are read from every plugin.json: a plugin that cannot run is the one whose flag has to be turned off. */
const useFlags = (cli: Cli, command: Command, work: (rooms: Rooms, output: Output) => Promise<void>): Promise<void> =>
  useRooms(cli, command, async (rooms, output) => {
    const { sources } = await rooms.plugins.discover();
    for (const { json } of sources) rooms.flags.declare(json.id, flagsOf(json));
    await work(rooms, output);
  });
