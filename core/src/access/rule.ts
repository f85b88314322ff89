import { z } from 'zod';
import { AccessError } from './errors.ts';
import { ROLES } from './role.ts';

/** The comparisons a condition may make. CASL ignores what it does not know, and an ignored `cannot` would let everything through. */
const OPERATORS = ['$eq', '$ne', '$in', '$nin', '$gt', '$gte', '$lt', '$lte'] as const;
const LOGIC = ['$or', '$and', '$not', '$nor'];

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const comparison = z
  .strictObject({
    $eq: scalar,
    $ne: scalar,
    $in: z.union([z.array(scalar), z.string().regex(/^\$\{[\w.]+\}$/, 'takes a list or one placeholder')]),
    $nin: z.union([z.array(scalar), z.string().regex(/^\$\{[\w.]+\}$/, 'takes a list or one placeholder')]),
    $gt: scalar,
    $gte: scalar,
    $lt: scalar,
    $lte: scalar,
  })
  .partial()
  .refine((ops) => Object.keys(ops).length > 0, 'compares with nothing');

const names = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);

const conditions = z.record(z.string(), z.unknown()).transform((given, context) => {
  const checked: Record<string, Condition> = {};
  for (const [field, value] of Object.entries(given)) {
    const why = refuse(field, value);
    const parsed = z.union([scalar, comparison]).safeParse(value);
    if (!why && parsed.success) checked[field] = parsed.data;
    else
      context.issues.push({
        code: 'custom',
        input: value,
        path: [field],
        message: why ?? 'is neither a plain value nor a comparison.',
      });
  }
  return checked;
});

function refuse(field: string, value: unknown): string | undefined {
  if (field === '$or') return '"$or" is not understood in conditions; write one rule for each alternative.';
  if (LOGIC.includes(field)) return `"${field}" is not understood in conditions; all fields of one rule must match.`;
  if (!/^[A-Za-z_]\w*$/.test(field)) return `"${field}" is not the name of a field.`;
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
  const unknown = Object.keys(value).find((name) => !(OPERATORS as readonly string[]).includes(name));
  return unknown && `"${unknown}" is not a comparison; use one of ${OPERATORS.join(', ')}.`;
}

/** A permission with a condition, as a plugin or core contributes it: data, never code. */
const ruleSchema = z.strictObject({
  roles: z.array(z.enum(ROLES)).min(1),
  subject: z.string().min(1),
  action: names,
  conditions: conditions.optional(),
  fields: z.array(z.string().min(1)).min(1).optional(),
  inverted: z.boolean().optional(),
  reason: z.string().optional(),
});

type Scalar = z.infer<typeof scalar>;
export type Condition = Scalar | z.infer<typeof comparison>;
export type Rule = z.infer<typeof ruleSchema>;

/** Checks a contributed rule, or throws an {@link AccessError} that says which part is refused and why. */
export function parseRule(owner: string, given: unknown): Rule {
  const parsed = ruleSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw AccessError.badRule(owner, issue?.path.join('.') ?? '', issue?.message ?? 'it is not a rule.');
}
