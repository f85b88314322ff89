import { InvalidArgumentError, type Command } from 'commander';
import type { StoredEvent } from '../../../events/index.ts';
import type { Cli } from '../../cli.ts';
import type { Output } from '../../output.ts';
import { useRooms } from '../../tool.ts';
import { findTenant } from '../tenant.ts';

interface TailOptions {
  readonly tenant: string;
  readonly type: readonly string[];
  readonly after?: number;
  readonly once?: boolean;
}

const PAGE = 200;
const WIDEST = 160;

/** `podlift events tail`: a tenant's events as they come. */
export function addTailCommand(events: Command, cli: Cli): void {
  events
    .command('tail')
    .description("follow a tenant's events; with --json one JSON value a line. Ctrl-C ends it")
    .requiredOption('--tenant <tenant>', 'slug or id')
    .option('--type <type>', 'only events of this type; may be given more than once', collect, [])
    .option(
      '--after <position>',
      'begin behind this position; 0 is the oldest kept. From now on otherwise',
      readPosition,
    )
    .option('--once', 'end when there is nothing more')
    .action((options: TailOptions, command: Command) =>
      useRooms(cli, command, async (rooms, output) => {
        const { id } = await findTenant(rooms, options.tenant);
        const types = new Set(options.type);
        const show = (event: StoredEvent): void => {
          if (types.size === 0 || types.has(event.type)) write(output, event);
        };
        if (options.once) {
          let after = options.after ?? 0;
          for (let more = true; more;) {
            const page = await rooms.events.tail(id, after, { limit: PAGE });
            for (const event of page.events) show(event);
            more = page.events.length === PAGE;
            after = page.next;
          }
          return;
        }
        const abort = new AbortController();
        const end = (): void => abort.abort();
        process.once('SIGINT', end).once('SIGTERM', end);
        try {
          for await (const event of rooms.events.follow(id, options.after, abort.signal)) show(event);
        } finally {
          process.off('SIGINT', end).off('SIGTERM', end);
          await rooms.events.stop(0);
        }
      }),
    );
}

function write(output: Output, event: StoredEvent): void {
  if (output.json) {
    process.stdout.write(`${JSON.stringify(event)}\n`);
    return;
  }
  const payload = JSON.stringify(event.payload ?? null);
  const short = payload.length > WIDEST ? `${payload.slice(0, WIDEST)} …` : payload;
  output.line(`${event.time.toISOString()}  ${event.position}  ${event.type}  ${event.key ?? '-'}  ${short}`);
}

export const collect = (value: string, before: readonly string[]): string[] => [...before, value];

export function readPosition(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new InvalidArgumentError('It is not a position.');
  return value;
}

export function readTime(text: string): Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new InvalidArgumentError('It is not a time, as in 2026-11-24T20:00:00Z.');
  return time;
}
