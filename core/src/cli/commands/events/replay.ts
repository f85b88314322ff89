import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Rooms } from '../../../app/index.ts';
import { aboutReplay, EventError, type Replay, type ReplayRequest } from '../../../events/index.ts';
import type { Cli } from '../../cli.ts';
import type { Output } from '../../output.ts';
import { useRooms } from '../../tool.ts';
import { findTenant } from '../tenant.ts';
import { collect, readPosition, readTime } from './tail.ts';

const ACTOR = { kind: 'system', id: 'cli' } as const;
const LOOK_MS = 500;

interface StartOptions {
  readonly tenant?: string;
  readonly allTenants?: boolean;
  readonly type: readonly string[];
  readonly key?: string;
  readonly since?: Date;
  readonly until?: Date;
  readonly first?: number;
  readonly last?: number;
  readonly reason: string;
  readonly wait?: boolean;
}

/** `podlift events replay …`: bring a handler what it has had once more. */
export function addReplayCommands(events: Command, cli: Cli): void {
  const replay = events.command('replay').description('bring a handler events that it has had once more');
  replay
    .command('start <subscriber>')
    .description('begin a replay; a running worker carries it out')
    .option('--tenant <tenant>', 'slug or id')
    .option('--all-tenants', 'at every active tenant')
    .option('--type <type>', 'only events of this type; may be given more than once', collect, [])
    .option('--key <key>', 'only events of this key')
    .option('--since <time>', 'from this time on', readTime)
    .option('--until <time>', 'before this time', readTime)
    .option('--first <position>', 'from this position on', readPosition)
    .option('--last <position>', 'up to this position', readPosition)
    .requiredOption('--reason <text>', 'kept in the audit log')
    .option('--wait', 'show the progress until it has ended')
    .action((subscriber: string, options: StartOptions, command: Command) =>
      useRooms(cli, command, async (rooms, output) => {
        if ((options.tenant === undefined) === !options.allTenants)
          command.error('error: name one tenant with --tenant, or say --all-tenants', { exitCode: 2 });
        const tenants = options.tenant ? [(await findTenant(rooms, options.tenant)).id] : await activeTenants(rooms);
        const begun: { tenant: string; replay: Replay }[] = [];
        for (const tenant of tenants) {
          try {
            begun.push({ tenant, replay: await start(rooms, tenant, toRequest(subscriber, options)) });
          } catch (error) {
            // At a tenant where nothing fits there is nothing to do.
            if (!options.allTenants || !isEmpty(error)) throw error;
          }
        }
        const ended = options.wait ? await watch(rooms, begun, output) : begun;
        const all = ended.map((one) => one.replay);
        showReplays(output, all);
        output.result(options.allTenants ? all : all[0]);
        if (all.some(({ state }) => state === 'refused')) process.exitCode = 1;
      }),
    );

  replay
    .command('list')
    .description('list the replays of a tenant, newest first')
    .requiredOption('--tenant <tenant>', 'slug or id')
    .action(({ tenant }: { tenant: string }, command: Command) =>
      useRooms(cli, command, async (rooms, output) => {
        const found = await rooms.events.replays.list((await findTenant(rooms, tenant)).id, { limit: 200 });
        showReplays(output, found);
        output.result(found);
      }),
    );

  replay
    .command('show <id>')
    .description('show how far a replay is')
    .requiredOption('--tenant <tenant>', 'slug or id')
    .action((id: string, { tenant }: { tenant: string }, command: Command) =>
      useRooms(cli, command, async (rooms, output) => {
        const found = await rooms.events.replays.get((await findTenant(rooms, tenant)).id, id);
        showReplays(output, [found]);
        output.result(found);
      }),
    );

  for (const { verb, action, description } of [
    { verb: 'cancel', action: 'event.replay-cancelled', description: 'end a replay; what was brought stays' },
    { verb: 'resume', action: 'event.replay-resumed', description: 'go on with a replay that was cancelled' },
  ] as const)
    replay
      .command(`${verb} <id>`)
      .description(description)
      .requiredOption('--tenant <tenant>', 'slug or id')
      .action((id: string, options: { tenant: string }, command: Command) =>
        useRooms(cli, command, async (rooms, output) => {
          const tenant = (await findTenant(rooms, options.tenant)).id;
          const found = await rooms.events.replays[verb](tenant, id, (tx, { subscriber, handled }) =>
            rooms.audit.record(tx, {
              tenant,
              operator: true,
              actor: ACTOR,
              action,
              target: `replay:${id}`,
              details: { subscriber, handled },
            }),
          );
          showReplays(output, [found]);
          output.result(found);
        }),
      );
}

const isEmpty = (error: unknown): boolean => error instanceof EventError && error.code === 'events.replay_empty';

const toRequest = (
  subscriber: string,
  { type, key, since, until, first, last, reason }: StartOptions,
): ReplayRequest => ({
  subscriber,
  reason,
  actor: 'system:cli',
  ...(type.length > 0 && { types: type }),
  ...(key !== undefined && { key }),
  ...(since && { since }),
  ...(until && { until }),
  ...(first !== undefined && { first }),
  ...(last !== undefined && { last }),
});

const start = (rooms: Rooms, tenant: string, request: ReplayRequest): Promise<Replay> =>
  rooms.events.replays.start(tenant, request, (tx, made) =>
    rooms.audit.record(tx, {
      tenant,
      operator: true,
      actor: ACTOR,
      action: 'event.replay-started',
      target: `replay:${made.id}`,
      details: aboutReplay(made),
    }),
  );

async function activeTenants({ tenancy }: Rooms): Promise<string[]> {
  const ids: string[] = [];
  let after: string | undefined;
  do {
    const page = await tenancy.list({ status: 'active', limit: 200, ...(after && { after }) });
    ids.push(...page.items.map(({ id }) => id));
    after = page.next;
  } while (after);
  return ids;
}

/** Until none runs any more. A worker does the work; without one nothing moves. */
async function watch(
  rooms: Rooms,
  begun: readonly { tenant: string; replay: Replay }[],
  output: Output,
): Promise<{ tenant: string; replay: Replay }[]> {
  for (;;) {
    const now = await Promise.all(
      begun.map(async ({ tenant, replay }) => ({ tenant, replay: await rooms.events.replays.get(tenant, replay.id) })),
    );
    const total = now.reduce((sum, { replay }) => sum + replay.total, 0);
    const done = now.reduce((sum, { replay }) => sum + replay.handled, 0);
    output.progress('Replaying', done, total);
    if (now.every(({ replay }) => replay.state !== 'running')) return now;
    await sleep(LOOK_MS);
  }
}

function showReplays(output: Output, replays: readonly Replay[]): void {
  if (replays.length === 0) return output.line('There is no replay.');
  output.table({
    columns: ['id', 'subscriber', 'state', 'handled', 'of', 'parked', 'by', 'begun', 'why it waits'],
    rows: replays.map((one) => [
      one.id,
      one.subscriber,
      one.state,
      one.handled,
      one.total,
      one.failed,
      one.actor,
      one.createdAt.toISOString(),
      one.error ?? '',
    ]),
  });
}
