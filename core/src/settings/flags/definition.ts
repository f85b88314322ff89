/// <reference lib="esnext.temporal" />
import { z } from 'zod';
import { isTimeZone } from '../time-zone.ts';

/** What a flag may be: on or off, or one of some variants. */
export type FlagValue = boolean | string;

/** A flag as a plugin's manifest (or core) declares it. */
export interface FlagDefinition {
  readonly type: 'boolean' | 'variants';
  readonly variants?: readonly string[];
  readonly default: FlagValue;
  readonly description: string;
  /** Who may decide for one tenant: only the operator, or the tenant's admins too. */
  readonly override: 'operator' | 'tenant';
}

const scalar = z.union([z.boolean(), z.string().max(60)]);
const ATTRIBUTES = [
  'tenant.id',
  'tenant.slug',
  'tenant.plan',
  'tenant.country',
  'tenant.locale',
  'tenant.timeZone',
  'actor.kind',
  'actor.id',
  'actor.role',
] as const;
const values = z.array(z.string().min(1).max(200)).min(1).max(500);
const moment = z
  .string()
  .regex(
    /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?$/,
    'Is not a time like 2026-12-01T09:00, or with Z or an offset.',
  );

/** One thing that must hold about who asks. */
export const FlagCondition = z
  .strictObject({
    attribute: z.enum(ATTRIBUTES),
    is: values.optional().describe('One of these.'),
    isNot: values.optional().describe('None of these.'),
  })
  .refine(({ is, isNot }) => (is === undefined) !== (isNot === undefined), 'Has either `is` or `isNot`.');

/** The first rule that fits decides. */
export const FlagRule = z.strictObject({
  name: z.string().max(100).optional().describe('For people.'),
  when: z.array(FlagCondition).max(20).default([]).describe('All of these hold.'),
  from: moment.optional().describe('Not before this.'),
  until: moment.optional().describe('Not from this on.'),
  timeZone: z
    .string()
    .refine(isTimeZone, 'Is not a time zone of the IANA list, like Europe/Berlin.')
    .default('UTC')
    .describe('Of `from` and `until` without an offset.'),
  percent: z.number().min(0).max(100).optional().describe('Only this share; raising it keeps those who are in.'),
  by: z
    .enum(['tenant', 'actor'])
    .default('tenant')
    .describe('Who stays together. What the system does by itself goes by the tenant.'),
  value: scalar.optional(),
  weights: z
    .record(z.string().max(60), z.number().min(0).max(1_000_000))
    .optional()
    .describe('Variants by weight, instead of `value`.'),
});

/** What operators say about a flag. */
export const FlagConfig = z.strictObject({
  killed: z.boolean().default(false).describe('Off for everybody, whatever else is said.'),
  rules: z.array(FlagRule).max(50).default([]),
  value: scalar.optional().describe('When no rule fits; the declared default otherwise.'),
});

export type FlagConfig = z.output<typeof FlagConfig>;
export type FlagRule = z.output<typeof FlagRule>;

export const NO_CONFIG: FlagConfig = { killed: false, rules: [] };

interface Problem {
  readonly path: string[];
  readonly message: string;
}

/** Whether a flag may have this value. */
export const fits = ({ type, variants = [] }: FlagDefinition, value: unknown): value is FlagValue =>
  type === 'boolean' ? typeof value === 'boolean' : typeof value === 'string' && variants.includes(value);

/** What the schema alone cannot tell: whether values are those of this flag, and times in order. */
export function configProblems(definition: FlagDefinition, { rules, value }: FlagConfig): Problem[] {
  const problems: Problem[] = [];
  const check = (path: string[], given: unknown): void => {
    if (!fits(definition, given))
      problems.push({ path, message: `Is not a value of this flag: ${valuesOf(definition)}.` });
  };
  if (value !== undefined) check(['value'], value);
  for (const [index, rule] of rules.entries()) {
    const at = (...path: string[]) => ['rules', String(index), ...path];
    const weights = Object.entries(rule.weights ?? {});
    if ((rule.value === undefined) === (rule.weights === undefined))
      problems.push({ path: at('value'), message: 'A rule has either a value or weights.' });
    if (rule.value !== undefined) check(at('value'), rule.value);
    for (const [variant] of weights) check(at('weights', variant), variant);
    if (rule.weights && weights.every(([, weight]) => weight === 0))
      problems.push({ path: at('weights'), message: 'One weight at least is above zero.' });
    for (const end of ['from', 'until'] as const) {
      const text = rule[end];
      if (text !== undefined && tryInstant(text, rule.timeZone) === undefined)
        problems.push({ path: at(end), message: 'Is not a time that exists.' });
    }
    const [from, until] = [rule.from, rule.until].map((one) => one && tryInstant(one, rule.timeZone));
    if (from && until && from >= until) problems.push({ path: at('until'), message: 'Is not after `from`.' });
  }
  return problems;
}

export const valuesOf = ({ type, variants = [] }: FlagDefinition): string =>
  type === 'boolean' ? 'true, false' : variants.join(', ');

/** Milliseconds since 1970 of a time with an offset, or of a local one; undefined when there is no such time. */
export function tryInstant(text: string, timeZone: string): number | undefined {
  try {
    if (/(Z|[+-]\d{2}:\d{2})$/.test(text)) return Temporal.Instant.from(text).epochMilliseconds;
    // A time that summer time skips is taken as the one an hour later, one that comes twice as the first.
    return Temporal.PlainDateTime.from(text, { overflow: 'reject' }).toZonedDateTime(timeZone).epochMilliseconds;
  } catch {
    return undefined;
  }
}
