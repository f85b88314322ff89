import type { z } from 'zod';
import { PodliftError, uuidv7 } from '@podlift/sdk';
import { roundToSum, sumCredit, sumExactly } from './aggregate.ts';
import { calculated, models, type Question, type Run, type RunModel } from './contract.ts';
import { findCreditFault } from './credit-fault.ts';
import { extractJourneys, type Selection, type Snapshot } from './extract.ts';
import { hashInput } from './hash.ts';
import { labelKeys } from './labels.ts';
import type { Ctx } from './manifest.ts';
import { computeTopPaths } from './paths.ts';
import { checkRange, chooseModels, type Model } from './question.ts';
import { storeRun } from './store.ts';

/** Paths that a run keeps of each key. */
const PATHS_KEPT = 20;

/** One model's outcome: its entry in the run, and per key conversions and money when it had any. */
interface Outcome {
  readonly model: z.input<typeof RunModel>;
  readonly conversions: readonly (number | null)[];
  readonly micros: readonly (bigint | null)[];
}

/**
 * Answers a question: one extraction, every asked model on it, the result stored and returned. A model that fails, or whose
 * answer is none, is named with the reason; the others are intact.
 */
export async function calculate(question: Question, ctx: Ctx): Promise<Run> {
  checkRange(question);
  const chosen = chooseModels(await ctx.entries(models), question.models);
  const { from, to, dimension, windowDays = ctx.settings.windowDays } = question;
  const selection: Selection = { tenant: ctx.tenant, from, to, dimension, windowDays };
  const snapshot = await extractJourneys(ctx.db, selection);
  const labels = await labelKeys(ctx, dimension, snapshot.keys);
  const outcomes: Outcome[] = [];
  for (const model of chosen) outcomes.push(await runModel(model, snapshot, ctx));
  const run = describeRun(ctx, selection, snapshot, labels, outcomes);
  await storeRun(ctx, run, chosen, computeTopPaths(snapshot.journeys, PATHS_KEPT), snapshot.keys);
  await ctx.emit(calculated, { runId: run.id, dimension }, { key: dimension });
  return run;
}

async function runModel(model: Model, { journeys, keys }: Snapshot, ctx: Ctx): Promise<Outcome> {
  const { id, label, plugin, version, unitSum } = model;
  const started = performance.now();
  const about = { id, label, plugin, version };
  const spent = (): number => Math.round((performance.now() - started) * 1000) / 1000;
  try {
    const { credit, parameters } = await model.credit(journeys, { signal: ctx.signal });
    const fault = findCreditFault(journeys, credit, unitSum);
    if (fault)
      throw new PodliftError('attribution.bad_credit', `${plugin} does not keep the contract of a model: ${fault}`);
    const { conversions, value } = sumCredit(journeys, credit, keys.length);
    const micros = roundToSum(value.map((amount) => amount * 1e6));
    const valueMicros = micros.reduce((sum, part) => sum + part, 0n);
    return {
      model: {
        ...about,
        ...(parameters && { parameters }),
        conversions: sumExactly(conversions),
        valueMicros,
        milliseconds: spent(),
        error: null,
      },
      conversions: Array.from(conversions),
      micros,
    };
  } catch (cause) {
    if (ctx.signal.aborted) throw cause;
    const error = cause instanceof Error ? cause.message : String(cause);
    ctx.log.warn('an attribution model failed', { model: id, plugin, error });
    const none = { conversions: 0, valueMicros: 0n, milliseconds: spent(), error };
    return { model: { ...about, ...none }, conversions: keys.map(() => null), micros: keys.map(() => null) };
  }
}

function describeRun(
  ctx: Ctx,
  selection: Selection,
  snapshot: Snapshot,
  labels: ReadonlyMap<string, string>,
  outcomes: readonly Outcome[],
): Run {
  const { journeys, keys, currency, otherCurrency, capped, byCode } = snapshot;
  const conversions = journeys.values.length;
  let attributed = 0;
  for (let j = 0; j < conversions; j++) if ((journeys.offsets[j + 1] ?? 0) > (journeys.offsets[j] ?? 0)) attributed++;
  const rows = keys.map((key, channel) => ({
    key,
    label: labels.get(key) ?? key,
    conversions: outcomes.map((outcome) => outcome.conversions[channel] ?? null),
    valueMicros: outcomes.map((outcome) => outcome.micros[channel] ?? null),
  }));
  const most = (row: (typeof rows)[number]): number =>
    row.conversions.reduce<number>((sum, credit) => sum + (credit ?? 0), 0);
  return {
    id: uuidv7(ctx.now().getTime()),
    createdAt: ctx.now(),
    from: selection.from,
    to: selection.to,
    dimension: selection.dimension,
    windowDays: selection.windowDays,
    currency,
    inputHash: hashInput(selection, snapshot),
    totals: {
      conversions,
      attributed,
      byCode,
      unattributed: conversions - attributed,
      touches: journeys.channels.length,
      capped,
      valueMicros: BigInt(Math.round(sumExactly(journeys.values) * 1e6)),
      otherCurrency,
    },
    models: outcomes.map(({ model }) => model),
    rows: rows.toSorted((a, b) => most(b) - most(a) || (a.key < b.key ? -1 : 1)),
  };
}
