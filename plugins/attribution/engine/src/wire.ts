import { z } from '@podlift/sdk/http';
import { DIMENSIONS, LONGEST_WINDOW_DAYS, type Run, type Validation } from './contract.ts';
import type { Model } from './question.ts';
import type { RunHead, StoredPath } from './store.ts';

/** Millionths as a decimal text with at least two digits: 59900000n is "59.90". */
export function toDecimal(micros: bigint): string {
  const digits = (micros < 0n ? -micros : micros).toString().padStart(7, '0');
  const fraction = digits.slice(-6).replace(/0{1,4}$/, '');
  return `${micros < 0n ? '-' : ''}${digits.slice(0, -6)}.${fraction}`;
}

const Amount = z.string().openapi({ example: '1299.50', description: 'A decimal amount in the currency of the run' });
const Instant = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()], {
    error: 'an instant such as 2026-01-01T00:00:00Z, or a date, which stands for its first instant in UTC',
  })
  .transform((text) => new Date(text));

/** A quarter, which is what campaigns are booked for. */
const DEFAULT_RANGE_DAYS = 91;

/** What `POST /calculate` is asked. */
export const AskBody = z
  .object({
    models: z
      .array(z.string().min(1).max(80))
      .min(1)
      .max(50)
      .optional()
      .openapi({
        example: ['first-touch', 'last-touch', 'linear'],
        description: 'Ids of models; all that are installed when absent',
      }),
    from: Instant.optional().openapi({
      type: 'string',
      example: '2026-01-01T00:00:00Z',
      description: `Orders from this instant on; ${DEFAULT_RANGE_DAYS} days before the end when absent`,
    }),
    to: Instant.optional().openapi({
      type: 'string',
      example: '2026-04-02T00:00:00Z',
      description: 'and before this one; now when absent',
    }),
    dimension: z.enum(DIMENSIONS).default('campaign').openapi({ description: 'What gets the credit' }),
    windowDays: z.int().min(1).max(LONGEST_WINDOW_DAYS).optional().openapi({
      example: 30,
      description: 'How long before an order a touch may lie; the setting of the tenant when absent',
    }),
  })
  .refine(({ from, to }) => !from || !to || from.getTime() < to.getTime(), {
    path: ['to'],
    error: 'the end must be later than the start',
  })
  .openapi('AttributionQuestion');

/** The question with its range filled in. @param now The end when none was given. */
export function toQuestion(asked: z.output<typeof AskBody>, now: Date) {
  const { to = now, from = new Date(to.getTime() - DEFAULT_RANGE_DAYS * 86_400_000) } = asked;
  return { ...asked, from, to };
}

export const ModelBody = z
  .object({
    id: z.string().openapi({ example: 'linear' }),
    label: z.string().openapi({ example: 'Linear' }),
    description: z
      .string()
      .openapi({ example: 'Assumes that each time a buyer met an advertisement mattered as much as any other.' }),
    formula: z.string().openapi({ example: 'credit(i) = 1 / n' }),
    source: z.string().openapi({ example: 'Industry standard; Podscribe "multi".' }),
    plugin: z.string().openapi({ example: 'podlift.linear' }),
    version: z.string().openapi({ example: '0.1.0' }),
    unitSum: z.boolean().openapi({ description: 'The shares of each journey sum to one' }),
    deterministic: z.boolean().openapi({ description: 'The same journeys always give the same credit' }),
    minimumConversions: z.int().nullable().openapi({
      example: 1,
      description: 'With fewer conversions its result says little; null: the model does not say',
    }),
  })
  .openapi('AttributionModel');
export const ModelsBody = z.object({ items: z.array(ModelBody) }).openapi('AttributionModels');

const Head = z.object({
  id: z.uuid().openapi({ example: '01980000-0000-7000-8000-00000000000a' }),
  createdAt: z.string().openapi({ example: '2026-04-02T09:30:00.000Z' }),
  from: z.string().openapi({ example: '2026-01-01T00:00:00.000Z' }),
  to: z.string().openapi({ example: '2026-04-02T00:00:00.000Z' }),
  dimension: z.enum(DIMENSIONS),
  windowDays: z.int().openapi({ example: 30 }),
  currency: z.string().nullable().openapi({ example: 'USD', description: 'Of most orders of the range' }),
  inputHash: z.string().openapi({ description: 'SHA-256 of the question and of every column that the models got' }),
  totals: z.object({
    conversions: z
      .int()
      .openapi({ example: 4438, description: 'Orders; neither tests nor any that was paid back whole' }),
    attributed: z.int().openapi({ example: 3871, description: 'with a touch in the window, or a promo code' }),
    byCode: z
      .int()
      .openapi({ example: 12, description: 'Of the attributed, those that only their promo code speaks for' }),
    unattributed: z.int().openapi({ example: 567, description: 'with neither' }),
    touches: z.int().openapi({ example: 28890 }),
    capped: z.int().openapi({ example: 0, description: 'Journeys of which only the latest 500 touches were used' }),
    value: Amount,
    otherCurrency: z.int().openapi({ example: 0, description: 'Orders of another currency: counted, not valued' }),
  }),
  models: z.array(
    z.object({
      id: z.string().openapi({ example: 'linear' }),
      label: z.string().openapi({ example: 'Linear' }),
      plugin: z.string().openapi({ example: 'podlift.linear' }),
      version: z.string().openapi({ example: '0.1.0' }),
      parameters: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])).openapi({
        example: { halfLifeDays: 7 },
        description: "What the workspace's settings made of the model",
      }),
      conversions: z.number().openapi({ example: 3871 }),
      value: Amount,
      milliseconds: z.number().openapi({ example: 0.4 }),
      error: z.string().nullable().openapi({ description: 'Why the model has no result; the others are intact' }),
    }),
  ),
});
export const RunsBody = z
  .object({ items: z.array(Head), next: z.string().nullable().openapi({ description: 'The cursor of the next page' }) })
  .openapi('AttributionRuns');

export const RunBody = Head.extend({
  rows: z.array(
    z.object({
      key: z.uuid(),
      label: z.string().openapi({ example: 'Oatline: launch' }),
      credits: z.array(
        z.object({
          model: z.string().openapi({ example: 'linear' }),
          conversions: z.number().nullable().openapi({ example: 131.25 }),
          value: Amount.nullable(),
        }),
      ),
    }),
  ),
  validations: z.array(
    z.object({
      model: z.string(),
      against: z.string().openapi({ example: 'additive-hazard, seed 1' }),
      shareError: z
        .number()
        .openapi({ description: 'Sum over keys of the distance between credited and true share: 0 to 2' }),
      rankCorrelation: z.number().openapi({ description: 'Spearman, −1 to 1' }),
      overCredit: z.number().openapi({ description: '0.5: half as much again was credited as was true' }),
    }),
  ),
}).openapi('AttributionRun');

export const PathsBody = z
  .object({
    campaignId: z.uuid(),
    campaign: z.string().openapi({ example: 'Oatline: launch' }),
    runId: z.uuid(),
    currency: z.string().nullable(),
    items: z.array(
      z.object({
        path: z.array(z.object({ campaignId: z.uuid(), campaign: z.string() })),
        conversions: z.int().openapi({ example: 12 }),
        value: Amount,
        touches: z
          .number()
          .openapi({ example: 4.5, description: 'Mean number of touches before repeats were collapsed' }),
      }),
    ),
  })
  .openapi('AttributionPaths');

export const toModelBody = (model: Model): z.output<typeof ModelBody> => {
  const { id, label, description, formula, source, plugin, version, unitSum, deterministic } = model;
  const { minimumConversions = null } = model;
  return { id, label, description, formula, source, plugin, version, unitSum, deterministic, minimumConversions };
};

export const toHeadBody = (run: RunHead): z.output<typeof Head> => {
  const { valueMicros, ...totals } = run.totals;
  return {
    id: run.id,
    dimension: run.dimension,
    windowDays: run.windowDays,
    currency: run.currency,
    inputHash: run.inputHash,
    createdAt: run.createdAt.toISOString(),
    from: run.from.toISOString(),
    to: run.to.toISOString(),
    totals: { ...totals, value: toDecimal(valueMicros) },
    models: run.models.map(({ valueMicros: micros, parameters = {}, ...model }) => ({
      ...model,
      parameters,
      value: toDecimal(micros),
    })),
  };
};

export const toRunBody = (run: Run, validations: readonly Validation[]): z.output<typeof RunBody> => ({
  ...toHeadBody(run),
  rows: run.rows.map(({ key, label, conversions, valueMicros }) => ({
    key,
    label,
    credits: run.models.map(({ id }, place) => {
      const micros = valueMicros[place] ?? null;
      return { model: id, conversions: conversions[place] ?? null, value: micros === null ? null : toDecimal(micros) };
    }),
  })),
  validations: [...validations],
});

export const toPathBody = (
  { path, conversions, valueMicros, touches }: StoredPath,
  labels: ReadonlyMap<string, string>,
): z.output<typeof PathsBody>['items'][number] => ({
  path: path.map((campaignId) => ({ campaignId, campaign: labels.get(campaignId) ?? campaignId })),
  conversions,
  value: toDecimal(valueMicros),
  touches,
});
