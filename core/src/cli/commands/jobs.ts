import { PodliftError } from '@podlift/sdk';
import type { Command } from 'commander';
import type { Rooms } from '../../app/index.ts';
import type { JobStatus } from '../../jobs/index.ts';
import type { Cli } from '../cli.ts';
import type { Output } from '../output.ts';
import { useRooms } from '../tool.ts';
import { findTenant } from './tenant.ts';

const ACTOR = { kind: 'system', id: 'cli' } as const;
const STATES = ['waiting', 'active', 'completed', 'failed', 'cancelled'] as const;
type State = (typeof STATES)[number];

/** What the commands about a tenant's jobs take. */
interface Options {
  readonly state?: string;
  readonly name?: string;
  readonly limit?: string;
  readonly dead?: boolean;
  readonly discard?: boolean;
  readonly id?: string;
}

/** `podlift jobs …`: what waits, what runs, what failed, and what to do about it. */
export function addJobCommands(program: Command, cli: Cli): void {
  const jobs = program.command('jobs').description('look at work that is done later, and run it again or stop it');
  /** A command about one tenant's jobs. */
  const add = (
    name: string,
    description: string,
    run: (rooms: Rooms, tenant: string, args: readonly string[], options: Options, output: Output) => Promise<unknown>,
  ): Command =>
    jobs
      .command(name)
      .description(description)
      .requiredOption('--tenant <tenant>', 'whose jobs, by slug or id')
      .action((...given: unknown[]) => {
        // Commander hands over the arguments, then the options, then the command itself.
        const command = given.at(-1) as Command;
        const options = given.at(-2) as Options & { tenant: string };
        const args = given.slice(0, -2).map(String);
        return useRooms(cli, command, async (rooms, output) => {
          const { id } = await findTenant(rooms, options.tenant);
          output.result(await run(rooms, id, args, options, output));
        });
      });
  const record = (rooms: Rooms, tenant: string, action: string, target: string, details: Record<string, unknown>) =>
    rooms.audit.record(null, { tenant, operator: true, actor: ACTOR, action, target, details });

  add('list', 'list jobs, the newest first', async (rooms, tenant, _args, { state, name, limit }, output) => {
    const found = await rooms.jobs.list(tenant, {
      limit: toLimit(limit),
      ...(state && { state: toState(state) }),
      ...(name && { name }),
    });
    showJobs(output, found);
    return found;
  })
    .option('--state <state>', STATES.join(', '))
    .option('--name <plugin/job>', 'jobs of this name only')
    .option('--limit <number>', 'at most so many', '50');

  add('show <id>', 'show everything about a job', async (rooms, tenant, [id = ''], _options, output) => {
    const job = await findJob(rooms, tenant, id);
    const rows = Object.entries(job).flatMap(([what, value]) =>
      value === undefined || value === null ? [] : [[what, inWords(value)]],
    );
    output.table({ columns: ['what', 'value'], rows });
    return job;
  });

  add(
    'retry [id]',
    'run a failed or cancelled job again, or all failed ones with --dead',
    async (rooms, tenant, args, { dead, name }, output) => {
      if (dead) {
        const count = await rooms.jobs.retryDead(tenant, name);
        await record(rooms, tenant, 'job.dead_retried', 'jobs', { name: name ?? null, count });
        output.line(`${count} jobs run again.`);
        return { count };
      }
      const job = await findJob(rooms, tenant, idOf(args));
      await rooms.jobs.retry(tenant, job.id);
      await record(rooms, tenant, 'job.retried', `job:${job.id}`, { name: job.name });
      output.line(`${job.name} runs again.`);
      return findJob(rooms, tenant, job.id);
    },
  )
    .option('--dead', 'all failed jobs')
    .option('--name <plugin/job>', 'with --dead: of this name only');

  add(
    'cancel <id>',
    'keep a waiting job from running, or ask an active one to end',
    async (rooms, tenant, [id = ''], _options, output) => {
      const job = await findJob(rooms, tenant, id);
      await rooms.jobs.cancel(tenant, job.id);
      await record(rooms, tenant, 'job.cancelled', `job:${job.id}`, { name: job.name });
      output.line(`${job.name} is cancelled.`);
      return findJob(rooms, tenant, job.id);
    },
  );

  add(
    'dead',
    'list jobs that failed for good, or forget them with --discard',
    async (rooms, tenant, _args, { discard, id, name, limit }, output) => {
      if (discard) {
        const count = await rooms.jobs.discard(tenant, id ? { id } : name ? { name } : {});
        const action = id ? 'job.discarded' : 'job.dead_discarded';
        await record(rooms, tenant, action, id ? `job:${id}` : 'jobs', { name: name ?? null, count });
        output.line(`${count} jobs are gone.`);
        return { count };
      }
      const found = await rooms.jobs.list(tenant, {
        state: 'failed',
        limit: toLimit(limit),
        ...(name && { name }),
      });
      showJobs(output, found);
      return found;
    },
  )
    .option('--discard', 'forget them')
    .option('--id <id>', 'with --discard: this one')
    .option('--name <plugin/job>', 'of this name only')
    .option('--limit <number>', 'at most so many', '50');

  jobs
    .command('queues')
    .description('show what the queues of the installation hold, and how many work on them')
    .action((_, command: Command) =>
      useRooms(cli, command, async (rooms, output) => {
        const overview = await rooms.jobs.overview().finally(() => rooms.jobs.stop(0));
        output.table({
          columns: ['queue', 'nodes', 'slots', 'due', 'later', 'active', 'dead'],
          rows: overview.queues.map((one) => [
            one.queue,
            one.nodes,
            one.slots,
            one.due,
            one.later,
            one.active,
            one.dead,
          ]),
        });
        output.result(overview);
      }),
    );

  jobs
    .command('drain')
    .description('wait until running workers have done everything that is due')
    .option('--timeout <seconds>', 'give up after so long', '600')
    .action((options: { timeout: string }, command: Command) =>
      useRooms(cli, command, async (rooms, output) => {
        const left = await rooms.jobs.settled(Math.max(1, Number(options.timeout) || 600) * 1000, (undone) =>
          output.progress('due or running', undone, 0),
        );
        output.line(left === 0 ? 'Nothing is due or running.' : `${left} jobs are still due or running.`);
        output.result({ left });
        if (left > 0) process.exitCode = 1;
      }),
    );
}

async function findJob(rooms: Rooms, tenant: string, id: string): Promise<JobStatus> {
  const found = isUuid(id) ? await rooms.jobs.get(tenant, id) : undefined;
  if (!found)
    throw new PodliftError('not_found', `There is no job ${id} of this tenant. \`podlift jobs list\` names them.`);
  return found;
}

const isUuid = (id: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id);

function idOf([id]: readonly string[]): string {
  if (id === undefined || id === 'undefined') throw wrong('Name a job, or say --dead for all that failed.');
  return id;
}

function toState(given: string): State {
  const state = STATES.find((one) => one === given);
  if (!state) throw wrong(`There is no state "${given}"; say one of ${STATES.join(', ')}.`);
  return state;
}

const wrong = (message: string): PodliftError => new PodliftError('invalid_input', message, { kind: 'invalid' });

const toLimit = (given: string | undefined): number => Math.min(1000, Math.max(1, Math.floor(Number(given)) || 50));

function showJobs(output: Output, found: readonly JobStatus[]): void {
  if (found.length === 0) return output.line('There is no such job.');
  output.table({
    columns: ['id', 'name', 'state', 'attempt', 'progress', 'created', 'error'],
    rows: found.map(({ id, name, state, attempt, progress, createdAt, error }) => [
      id,
      name,
      state,
      attempt,
      progress ? `${progress.percent ?? progress.done}${progress.percent === undefined ? '' : ' %'}` : '',
      createdAt.toISOString().slice(0, 19),
      error ?? '',
    ]),
  });
}

const inWords = (value: unknown): string =>
  value instanceof Date ? value.toISOString() : typeof value === 'string' ? value : JSON.stringify(value);
