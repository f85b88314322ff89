import type { z } from 'zod';
import type { Awaitable } from './method.ts';

/** A tenant that the host makes sure of before a command runs inside it. */
export interface CommandTenant {
  readonly slug: string;
  readonly name: string;
  /** Made for this command only: `--remove` purges it. */
  readonly disposable?: boolean;
}

/** A command of the plugin's own, run as `podlift <name>`. */
export interface CommandOptions<S extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  readonly description: string;
  /** Each field is a `--flag`; its `meta({ description })` is the help. */
  readonly options: S;
  readonly tenant?: CommandTenant;
  /** Runs by itself, with its default options, when an installation starts for the first time. */
  readonly onFirstStart?: boolean;
}

/** A table for people to read; figures are aligned to the right. */
export interface OutputTable {
  readonly title?: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** What a command shows. All of it is shown in order before the command ends. */
export interface CommandIo {
  /** One line that changes in place; `total` is what `done` will be at the end. */
  progress(label: string, done: number, total: number): void;
  line(text: string): void;
  table(table: OutputTable): void;
}

/** What a command does; what it writes commits when it returns. */
export type CommandRun<S extends z.ZodObject, X> = (options: z.output<S>, ctx: X, io: CommandIo) => Awaitable<void>;
