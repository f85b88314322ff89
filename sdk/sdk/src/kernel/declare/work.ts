import type { CommandIo } from '../../command.ts';
import type { Declare } from '../../declare.ts';
import { PodliftError } from '../../errors.ts';
import type { JobOptions, JobRun } from '../../job.ts';
import type { Call } from '../call.ts';
import { jsonSchema } from '../json-schema.ts';
import { parsed } from '../parse.ts';
import { target } from '../target.ts';
import { addTarget, assertName, assertOpen, asRun, type Book } from './book.ts';

/** One word or two, as a person types them. */
const COMMAND = /^[a-z][a-z0-9-]*( [a-z][a-z0-9-]*)?$/;

/** What the host tells about one attempt at a job, as `extra`. */
export interface JobFacts {
  readonly id: string;
  readonly attempt: number;
}

/** Work that is started by the host: jobs and commands. */
export function declareWork(book: Book): Pick<Declare<never>, 'job' | 'computation' | 'command'> {
  const { manifest, lists } = book;
  return {
    job({ name, schema, ...options }, handle) {
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
        ...jobOptions(options),
      }));
    },
    computation({ name, input, output, timeoutMs, memoryMb }, module) {
      assertOpen(book, `the computation ${name}`);
      assertName(book, 'a computation', name);
      if (book.modules.has(name)) throw PodliftError.invalidPlugin(manifest.id, `declared computation:${name} twice`);
      if (module.protocol !== 'file:')
        throw PodliftError.invalidPlugin(
          manifest.id,
          `has the computation ${name} in no file: say new URL('./file.ts', import.meta.url)`,
        );
      book.modules.set(name, module);
      lists.computations.push(() => ({
        name,
        input: jsonSchema(input),
        output: jsonSchema(output),
        ...(timeoutMs !== undefined && { timeoutMs }),
        ...(memoryMb !== undefined && { memoryMb }),
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

/** What plugin.json says of a job beside its schema: only what is there, in this order. */
const jobOptions = ({ queue, cron, timeoutMs, attempts, backoff, concurrency, spreadMs }: JobOptions): JobOptions => ({
  ...(queue !== undefined && { queue }),
  ...(cron !== undefined && { cron }),
  ...(timeoutMs !== undefined && { timeoutMs }),
  ...(attempts !== undefined && { attempts }),
  ...(backoff !== undefined && { backoff }),
  ...(concurrency !== undefined && { concurrency }),
  ...(spreadMs !== undefined && { spreadMs }),
});

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
