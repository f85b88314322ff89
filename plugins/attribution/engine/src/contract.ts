/** @module What other plugins may use of `podlift.engine`: the point that models contribute to, and a service that runs them. */
import { event, extensionPoint, f64, method, service, u32, u8 } from '@podlift/sdk';
import { z } from 'zod';

export { findCreditFault } from './credit-fault.ts';

/**
 * Converting journeys in columns. Journey j owns the touches `offsets[j]` up to `offsets[j + 1]`, the earliest first; touches of
 * the same instant stand in the order of their ids. `channels` numbers what gets credit, `ages` are seconds before the conversion
 * (never negative), `values` has one entry per journey: what the order is worth after refunds. A journey may have no touch.
 * `direct` is 1 for a touch that tracking's channel calls direct: no campaign, no link and no referrer told where it came from.
 * Without that column, no touch is direct.
 */
export const Journeys = z.object({
  offsets: u32(),
  channels: u32(),
  ages: f64(),
  values: f64(),
  direct: u8().optional(),
});
export type Journeys = z.output<typeof Journeys>;

/** The settings that a model computed with, flat. */
const Parameters = z.record(z.string().max(40), z.union([z.number(), z.string().max(4000), z.boolean()]));

/** One share per touch. A model that a tenant may set says with what it computed: the run keeps it. */
export const Credit = z.object({ credit: f64(), parameters: Parameters.optional() });

/** What a list of models shows, and what the engine holds a model to. */
export const ModelInfo = z.object({
  label: z.string().min(1).max(80),
  /** What the model assumes, in a sentence. */
  description: z.string().min(1).max(500),
  formula: z.string().min(1).max(500),
  /** Where the formula comes from. */
  source: z.string().min(1).max(500),
  /** Version of the plugin that contributes it; runs remember it. */
  version: z.string().min(1).max(64),
  /** The shares of each journey with a touch sum to one; the engine refuses a result where they do not. */
  unitSum: z.boolean(),
  /** The same journeys give the same credit, always. */
  deterministic: z.boolean(),
  /** With fewer conversions its result says little; 1 for a rule that looks at each journey alone. */
  minimumConversions: z.int().min(1).optional(),
});

/** The point that every attribution model contributes to, ours like everybody's. */
export const models = extensionPoint('attribution.models@1', ModelInfo, {
  credit: method(Journeys, Credit, { timeoutMs: 60_000 }),
});

export const DIMENSIONS = ['campaign', 'sponsor', 'show', 'placement'] as const;
export const Dimension = z.enum(DIMENSIONS);
export type Dimension = z.output<typeof Dimension>;

export const LONGEST_WINDOW_DAYS = 90;

/** A question to the engine: which models, over which orders, credited to what. */
export const Question = z.object({
  /** Ids of models; all that are installed when absent. */
  models: z.array(z.string().min(1).max(80)).min(1).max(50).optional(),
  /** Orders from this instant on … */
  from: z.date(),
  /** … and before this one. */
  to: z.date(),
  dimension: Dimension.default('campaign'),
  /** How long before an order a touch may lie; the tenant's setting when absent. */
  windowDays: z.int().min(1).max(LONGEST_WINDOW_DAYS).optional(),
});
export type Question = z.output<typeof Question>;

/** What a model was when a run used it, and how the run went for it. */
export const RunModel = z.object({
  id: z.string(),
  label: z.string(),
  plugin: z.string(),
  version: z.string(),
  /** What the tenant's settings made of it, where it has any. */
  parameters: Parameters.optional(),
  /** Sum of its credit over all keys; for a unit-sum model the number of conversions with a touch. */
  conversions: z.number(),
  valueMicros: z.bigint(),
  milliseconds: z.number(),
  /** Why the model has no result; the others' are intact. */
  error: z.string().nullable(),
});

/** One key of the dimension with each model's credit, in the order of `models` in the run; null where a model has no result. */
export const RunRow = z.object({
  key: z.uuid(),
  label: z.string(),
  conversions: z.array(z.number().nullable()),
  valueMicros: z.array(z.bigint().nullable()),
});

/** Models side by side, from one extraction. */
export const Run = z.object({
  id: z.uuid(),
  createdAt: z.date(),
  from: z.date(),
  to: z.date(),
  dimension: Dimension,
  windowDays: z.int(),
  /** Of the most orders in the range; values of other currencies are not in the sums. */
  currency: z.string().nullable(),
  /** SHA-256 over the question and every column of the snapshot. */
  inputHash: z.string(),
  totals: z.object({
    /** Orders that count: no tests, nothing refunded in full. */
    conversions: z.int(),
    /** Those with at least one touch in the window, or a promo code that names the key. */
    attributed: z.int(),
    /** Of the attributed, those without a touch, for which the code alone speaks. */
    byCode: z.int(),
    unattributed: z.int(),
    touches: z.int(),
    /** Orders whose oldest touches were left out, because a journey keeps the latest 500. */
    capped: z.int(),
    valueMicros: z.bigint(),
    otherCurrency: z.int(),
  }),
  models: z.array(RunModel),
  rows: z.array(RunRow),
});
export type Run = z.output<typeof Run>;

/** What a validation found out about one model of a run. */
export const Validation = z.object({
  model: z.string(),
  /** What the model was held against, as in `additive-hazard, seed 1`. */
  against: z.string().max(200),
  shareError: z.number(),
  rankCorrelation: z.number(),
  overCredit: z.number(),
});
export type Validation = z.output<typeof Validation>;

/** Runs models, and keeps what came out. */
export const engine = service('attribution.engine@1', {
  calculate: method(Question, Run, { timeoutMs: 120_000 }),
  /** The newest run of a dimension. */
  latest: method(z.object({ dimension: Dimension.default('campaign') }), z.object({ run: Run.nullable() })),
  /** Adds to a run how its models compare with a known truth. */
  recordValidations: method(
    z.object({ runId: z.uuid(), validations: z.array(Validation).min(1).max(50) }),
    z.object({}),
  ),
});

/** A run is finished and stored. */
export const calculated = event('attribution.calculated@1', z.object({ runId: z.uuid(), dimension: Dimension }));
