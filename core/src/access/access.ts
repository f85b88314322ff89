import { createAbility, type Ability } from './ability.ts';
import { CORE_PERMISSIONS } from './core-permissions.ts';
import { AccessError } from './errors.ts';
import { definePermission, type Permission, type PermissionInput } from './permission.ts';
import { parseRule, type Rule } from './rule.ts';
import type { Subject } from './subject.ts';

/** A route, as far as its permission goes; `public`, `signed-in` and `operator` are no permissions. */
export interface GuardedRoute {
  readonly methods: readonly string[];
  readonly path: string;
  readonly rules: { readonly permission: string };
}

/** The installation's permissions and rules, contributed by core and by plugins. */
export interface Access {
  /** Declares permissions of `owner`; replaces what the same owner declared before. */
  contribute(owner: string, permissions: Readonly<Record<string, PermissionInput>>, rules?: readonly unknown[]): void;
  /** Forgets what an owner contributed. */
  withdraw(owner: string): void;
  /** Every declared permission. */
  permissions(): readonly Permission[];
  /** Throws when nobody declares the permission; `who` is named in the sentence. */
  assertKnown(permission: string, who: string): void;
  /** Throws when a route asks for a permission that nobody declares: called once at start, when everybody has contributed. */
  assertRoutes(routes: readonly GuardedRoute[]): void;
  abilityFor(subject: Subject): Ability;
  /** Rises with every contribution; an ETag for what a browser keeps. */
  readonly version: number;
}

const CACHED = 1000;

/** Starts with core's own permissions. */
export function createAccess(): Access {
  const contributions = new Map<string, { permissions: readonly Permission[]; rules: readonly Rule[] }>();
  const cache = new Map<string, Ability>();
  let declared = new Map<string, Permission>();
  let rules: readonly Rule[] = [];
  let personal = false;
  let version = 0;

  const rebuild = (): void => {
    const all = [...contributions.values()];
    declared = new Map(all.flatMap((one) => one.permissions.map((permission) => [permission.name, permission])));
    rules = all.flatMap((one) => one.rules);
    personal = rules.some((rule) => JSON.stringify(rule.conditions ?? {}).includes('${'));
    cache.clear();
    version++;
  };

  const assertKnown = (name: string, who: string): void => {
    if (!declared.has(name)) throw AccessError.unknownPermission(who, name, nearest(name, [...declared.keys()]));
  };

  const access: Access = {
    contribute(owner, given, givenRules = []) {
      const permissions = Object.entries(given).map(([name, input]) => {
        const other = declared.get(name);
        if (other && other.owner !== owner) throw AccessError.taken(owner, name, other.owner);
        return definePermission(owner, name, input);
      });
      const own = new Set(permissions.map(({ name }) => name));
      const checked = givenRules.map((rule) => parseRule(owner, rule));
      for (const { subject, action } of checked)
        for (const one of [action].flat())
          if (!own.has(`${subject}:${one}`))
            throw AccessError.badRule(owner, 'subject', `"${subject}:${one}" is not a permission of its own.`);
      contributions.set(owner, { permissions, rules: checked });
      rebuild();
    },
    withdraw(owner) {
      if (contributions.delete(owner)) rebuild();
    },
    permissions: () => [...declared.values()],
    assertKnown,
    assertRoutes(routes) {
      for (const { methods, path, rules } of routes)
        if (rules.permission.includes(':')) assertKnown(rules.permission, `${methods.join(', ')} ${path}`);
    },
    // Hot path: every request asks; bench/ability.bench.ts.
    abilityFor(subject) {
      const key = `${subject.role ?? ''}|${subject.within ?? ''}|${subject.operator ? 1 : 0}|${subject.scopes?.join(' ') ?? '-'}|${subject.granted?.join(' ') ?? ''}|${personal ? JSON.stringify(subject.user ?? {}) : ''}`;
      const known = cache.get(key);
      if (known) return known;
      if (cache.size >= CACHED) cache.clear();
      const made = createAbility(subject, declared, rules, version);
      cache.set(key, made);
      return made;
    },
    get version() {
      return version;
    },
  };
  access.contribute('core', CORE_PERMISSIONS);
  return access;
}

/** Names with the same subject or action, for a sentence that helps. */
function nearest(name: string, all: readonly string[]): string[] {
  const [subject = '', action = ''] = name.split(':');
  const same = all.filter((one) => one.startsWith(`${subject}:`));
  return (same.length ? same : all.filter((one) => action && one.endsWith(`:${action}`))).slice(0, 3);
}
