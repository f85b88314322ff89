/** @module Imports of files: read and checked at once, stored at once when they are small, in the background when they are not. */
import { uuidv7, type JobRun } from '@podlift/sdk';
import { parseRateFile, type RowProblem } from './csv.ts';
import { CurrencyErrors, errorText } from './errors.ts';
import { importFile, type Ctx } from './manifest.ts';
import { storeRates } from './own.ts';

/** Rates that are stored while the caller waits. */
const AT_ONCE = 5000;

export interface ImportOptions {
  readonly dryRun: boolean;
  /** Imports the rows that are right although others are not. */
  readonly partial: boolean;
}
export interface ImportAnswer {
  readonly id: string | null;
  readonly status: 'dry-run' | 'done' | 'waiting';
  readonly rows: number;
  /** Rates that are new or differ; not known yet of a dry run or of one that waits. */
  readonly imported: number;
  readonly failed: number;
  readonly problems: readonly RowProblem[];
}

/** Reads a file and does with it what was asked for. */
export async function importRates(
  ctx: Ctx,
  content: Uint8Array,
  { dryRun, partial }: ImportOptions,
): Promise<ImportAnswer> {
  const { rows, rates, problems, failed } = parseRateFile(new TextDecoder('utf-8').decode(content));
  if (dryRun) return { id: null, status: 'dry-run', rows, imported: 0, failed, problems };
  if (failed > 0 && !partial) throw CurrencyErrors.importRefused(problems, failed);
  if (rates.length <= AT_ONCE) {
    const imported = rates.length === 0 ? 0 : await storeRates(ctx, rates, ctx.actor.id);
    return { id: null, status: 'done', rows, imported, failed, problems };
  }
  const id = uuidv7(ctx.now().getTime());
  const file = await ctx.files.put('import', content, { name: 'rates.csv', mediaType: 'text/csv' });
  await ctx.collections.imports.insert(
    { file: file.id, status: 'waiting', partial, rows, imported: 0, failed, by: ctx.actor.id },
    { id },
  );
  await ctx.enqueue(importFile, { id }, { key: id });
  return { id, status: 'waiting', rows, imported: 0, failed, problems };
}

/** Imports a file in the background; all of it is stored together with the end of the job, or nothing. */
export async function runImport(ctx: Ctx, id: string, run: JobRun, attempts: number): Promise<void> {
  const found = await ctx.collections.imports.get(id);
  if (!found || found.value.status !== 'waiting') return;
  const { file, by } = found.value;
  try {
    const { rates } = parseRateFile(new TextDecoder('utf-8').decode(await ctx.files.read(file)));
    const imported = await storeRates(ctx, rates, by, (done, total) => run.progress(done, total));
    await ctx.collections.imports.update(id, { status: 'done', imported });
  } catch (error) {
    if (ctx.signal.aborted || run.attempt < attempts) throw error;
    await ctx.collections.imports.update(id, { status: 'failed', error: errorText(error) });
  }
}
