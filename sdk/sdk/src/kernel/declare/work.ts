import type { CommandIo } from '../../command.ts';
import type { Declare } from '../../declare.ts';
import { PodliftError } from '../../errors.ts';
import type { JobRun } from '../../job.ts';
import type { Call } from '../call.ts';
import { jsonSchema } from '../json-schema.ts';
import { parsed } from '../parse.ts';
import { target } from '../target.ts';
import { addTarget, assertName, asRun, type Book } from './book.ts';

/** One word or two, as a person types them. */
const COMMAND = /^[a-z][a-z0-9-]*( [a-z][a-z0-9-]*)?$/;

/** What the host tells about one attempt at a job, as `extra`. */
export interface JobFacts {
  readonly id: string;
  readonly attempt: number;
}

/** Work that is started by the host: jobs and commands. */
export function declareWork(book: Book): Pick<Declare<never>, 'job' | 'command'> {
  const { manifest, lists } = book;
  return {
    job({ name, schema, queue, cron, timeoutMs, attempts }, handle) {
      const run = asRun(handle);
      assertName(book, 'a job', name);
      addTarget(book, target.job(name), {
        parse: (data) => parsed(schema, data, `the data of job ${name}`),
        // The host's own facts.
        run: (data, ctx, extra, call) => run(data, ctx, jobRun(call, extra as JobFacts)),
      });
      lists.jobs.push(() => ({
        name,
        schema: jsonSchema(schema),
        ...(queue !== undefined && { queue }),
        ...(cron !== undefined && { cron }),
        ...(timeoutMs !== undefined && { timeoutMs }),
        ...(attempts !== undefined && { attempts }),
      }));
    },
    command({ name, description, options, tenant, onFirstStart }, handle) {
      const run = asRun(handle);
      if (!COMMAND.test(name)) throw PodliftError.invalidPlugin(manifest.id, `has a command called "${name}"`);
      addTarget(book, target.command(name), {
        parse: (given) => parsed(options, given, `the options of ${name}`),
        run: (data, ctx, _extra, call) => run(data, ctx, commandIo(call)),
      });
      lists.commands.push(() => ({
        name,
        description,
        options: jsonSchema(options),
        ...(tenant && { tenant }),
        ...(onFirstStart && { onFirstStart }),
      }));
    },
  };
}

const jobRun = (call: Call, { id, attempt }: JobFacts): JobRun => ({
  id,
  attempt,
  progress: (done, total) => call.tell('progress', { done, total }),
});

const commandIo = (call: Call): CommandIo => ({
  progress: (label, done, total) => call.tell('io', { kind: 'progress', label, done, total }),
  line: (text) => call.tell('io', { kind: 'line', text }),
  table: (table) => call.tell('io', { kind: 'table', table }),
});
