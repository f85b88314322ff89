import { createMongoAbility, subject as typed, type MongoAbility, type RawRuleOf } from '@casl/ability';
import { AccessError } from './errors.ts';
import { covers, splitPermission, type Permission } from './permission.ts';
import type { Condition, Rule } from './rule.ts';
import type { Subject } from './subject.ts';

/** What one subject may do. */
export interface Ability {
  /** Whether `permission` is held; with a record, whether it is held for this record (and this field of it). */
  can(permission: string, record?: Readonly<Record<string, unknown>>, field?: string): boolean;
  /** Every permission that is held for some record at least. */
  readonly permissions: readonly string[];
  /** The rules as CASL's own data, for a browser and for building filters. */
  readonly rules: readonly RawRuleOf<MongoAbility>[];
  readonly version: number;
}

/**
 * Role rules ∧ scopes. Every rule names its permission outright, so that what nobody granted is refused:
 * there is no `manage all` which a scope would have to take apart again.
 */
export function createAbility(
  subject: Subject,
  declared: ReadonlyMap<string, Permission>,
  contributed: readonly Rule[],
  version: number,
): Ability {
  const inScope = (name: string): boolean => !subject.scopes || subject.scopes.some((scope) => covers(scope, name));
  const granted = [...declared.values()]
    .filter((one) => holds(subject, one) && holdsWithin(subject, one) && inScope(one.name))
    .map(({ name }) => splitPermission(name));
  const rules: RawRuleOf<MongoAbility>[] = [
    ...granted,
    ...contributed.flatMap((rule) => toRaw(rule, subject, inScope)),
  ];
  const casl = createMongoAbility(rules, NO_WILDCARDS);
  return {
    can(permission, record, field) {
      if (!declared.has(permission)) return false;
      const { subject: type, action } = splitPermission(permission);
      // CASL marks the object it is given; a copy keeps the caller's record clean and may be frozen.
      return casl.can(action, record ? typed(type, { ...record }) : type, field);
    },
    permissions: [...declared.keys()].filter((name) => {
      const { subject: type, action } = splitPermission(name);
      return casl.can(action, type);
    }),
    rules,
    version,
  };
}

/** CASL reads the action `manage` and the subject `all` as everything; here `keys:manage` is a permission like any other. */
const NO_WILDCARDS = { anyAction: '*', anySubjectType: '*' };

function holds(subject: Subject, { name, operator, roles }: Permission): boolean {
  if (operator) return subject.operator;
  if (subject.granted?.includes(name)) return true;
  return subject.role !== undefined && (subject.role === 'owner' || roles.includes(subject.role));
}

/** Both roles hold it, or there is only one. */
const holdsWithin = (subject: Subject, permission: Permission): boolean =>
  subject.within === undefined || holds({ ...subject, role: subject.within }, permission);

/** A rule that gives counts when it is for both roles; one that takes away counts when it is for one of them. */
function applies({ roles, inverted }: Rule, { role, within }: Subject): boolean {
  if (!role) return false;
  if (within === undefined) return roles.includes(role);
  return inverted ? roles.includes(role) || roles.includes(within) : roles.includes(role) && roles.includes(within);
}

function toRaw(rule: Rule, subject: Subject, inScope: (name: string) => boolean): RawRuleOf<MongoAbility>[] {
  if (!applies(rule, subject)) return [];
  const actions = [rule.action].flat().filter((action) => inScope(`${rule.subject}:${action}`));
  if (!actions.length) return [];
  const { fields, inverted, reason } = rule;
  const conditions = rule.conditions && fillAll(rule.conditions, subject.user ?? {});
  return [
    {
      action: actions,
      subject: rule.subject,
      ...(conditions && { conditions }),
      ...(fields && { fields }),
      ...(inverted && { inverted }),
      ...(reason && { reason }),
    },
  ];
}

type User = Readonly<Record<string, unknown>>;

const fillAll = (conditions: Readonly<Record<string, Condition>>, user: User): Record<string, unknown> =>
  Object.fromEntries(Object.entries(conditions).map(([field, value]) => [field, fill(value, user)]));

function fill(value: unknown, user: User): unknown {
  if (Array.isArray(value)) return value.map((one) => fill(one, user));
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, fill(one, user)]));
  const [, placeholder] = typeof value === 'string' ? (/^\$\{([\w.]+)\}$/.exec(value) ?? []) : [];
  if (!placeholder) return value;
  const found = placeholder.startsWith('user.') ? user[placeholder.slice('user.'.length)] : undefined;
  if (found === undefined) throw AccessError.missingValue(placeholder);
  return found;
}
