import { tryInstant, type FlagConfig, type FlagDefinition, type FlagRule, type FlagValue } from './definition.ts';

/** Who asks. */
export interface FlagSubject {
  readonly tenant: string;
  /** `tenant.plan`, `actor.role` …; what is not here fits no `is`, and every `isNot`. */
  readonly attributes: Readonly<Record<string, string | undefined>>;
  /** A person or key; what the system does by itself has none. */
  readonly actor?: string;
}

/** What a flag is for somebody, and why. */
export interface Evaluation {
  readonly value: FlagValue;
  readonly reason: 'killed' | 'override' | 'rule' | 'configured' | 'default';
  /** Counts from 0. */
  readonly rule?: number;
  /** Of each rule that was looked at: why it fits or does not. */
  readonly trail?: readonly string[];
}

/** A flag ready to be asked. */
export interface CompiledFlag {
  /** Pure, and without allocation but for its result. Hot path, see flags.test.ts. */
  evaluate(subject: FlagSubject, override: FlagValue | undefined, now: number): Evaluation;
  /** The same with a sentence for every rule that was looked at. */
  explain(subject: FlagSubject, override: FlagValue | undefined, now: number): Evaluation;
}

interface Compiled {
  readonly rule: FlagRule;
  readonly from: number;
  readonly until: number;
  readonly total: number;
}

/** Prepares a flag: times become instants, weights get their sum. `name` salts its buckets, so that flags choose independently. */
export function compileFlag(name: string, definition: FlagDefinition, config: FlagConfig): CompiledFlag {
  const rules = config.rules.map((rule) => compileRule(rule));
  const off: FlagValue = definition.type === 'boolean' ? false : definition.default;
  const settled: Evaluation =
    config.value === undefined
      ? { value: definition.default, reason: 'default' }
      : { value: config.value, reason: 'configured' };

  function run(subject: FlagSubject, override: FlagValue | undefined, now: number, trail?: string[]): Evaluation {
    if (config.killed) return { value: off, reason: 'killed' };
    if (override !== undefined) return { value: override, reason: 'override' };
    for (let index = 0; index < rules.length; index++) {
      const compiled = rules[index];
      if (!compiled) continue;
      const misfit = findMisfit(name, compiled, subject, now);
      trail?.push(
        `rule ${index}${compiled.rule.name ? ` (${compiled.rule.name})` : ''}: ${misfit ? sentenceOf(misfit, compiled, subject) : 'fits'}`,
      );
      if (!misfit) return { value: choose(name, compiled, subject), reason: 'rule', rule: index };
    }
    return settled;
  }

  return {
    evaluate: (subject, override, now) => run(subject, override, now),
    explain(subject, override, now) {
      const trail: string[] = [];
      return { ...run(subject, override, now, trail), trail };
    },
  };
}

function compileRule(rule: FlagRule): Compiled {
  return {
    rule,
    from: (rule.from && tryInstant(rule.from, rule.timeZone)) || -Infinity,
    until: (rule.until && tryInstant(rule.until, rule.timeZone)) || Infinity,
    total: Object.values(rule.weights ?? {}).reduce((sum, weight) => sum + weight, 0),
  };
}

type Misfit = 'early' | 'late' | 'share' | FlagRule['when'][number];

function findMisfit(
  name: string,
  { rule, from, until }: Compiled,
  subject: FlagSubject,
  now: number,
): Misfit | undefined {
  if (now < from) return 'early';
  if (now >= until) return 'late';
  for (const condition of rule.when) {
    const value = subject.attributes[condition.attribute];
    if (condition.is && (value === undefined || !condition.is.includes(value))) return condition;
    if (condition.isNot && value !== undefined && condition.isNot.includes(value)) return condition;
  }
  if (rule.percent !== undefined && bucketOf(name, 'share', unitOf(rule, subject)) >= rule.percent / 100)
    return 'share';
  return undefined;
}

function choose(name: string, { rule, total }: Compiled, subject: FlagSubject): FlagValue {
  if (rule.value !== undefined || !rule.weights) return rule.value ?? false;
  let left = bucketOf(name, 'variant', unitOf(rule, subject)) * total;
  let last = '';
  // Numbers as names would come first; the order is that of the names, so that it is the same on every node.
  for (const variant of Object.keys(rule.weights).toSorted()) {
    const weight = rule.weights[variant] ?? 0;
    if (weight === 0) continue;
    last = variant;
    if (left < weight) return variant;
    left -= weight;
  }
  return last;
}

const unitOf = ({ by }: FlagRule, { tenant, actor }: FlagSubject): string =>
  by === 'actor' && actor !== undefined ? `${tenant} ${actor}` : tenant;

/** From 0 up to 1, always the same for the same texts: FNV-1a, stirred as in MurmurHash3 so that near names land far apart. */
export function bucketOf(flag: string, use: string, unit: string): number {
  let hash = 0x811c9dc5;
  for (const text of [flag, use, unit]) {
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    hash = Math.imul(hash ^ 0xff, 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 0x1_0000_0000;
}

function sentenceOf(misfit: Misfit, { rule, from, until }: Compiled, subject: FlagSubject): string {
  if (misfit === 'early') return `begins at ${new Date(from).toISOString()}`;
  if (misfit === 'late') return `ended at ${new Date(until).toISOString()}`;
  if (misfit === 'share') return `this ${rule.by} is not among its ${rule.percent} %`;
  const { attribute, is, isNot } = misfit;
  const value = subject.attributes[attribute] ?? 'not known';
  return is
    ? `${attribute} is ${value}, not ${is.join(' or ')}`
    : `${attribute} is ${value}, one of ${isNot?.join(', ')}`;
}
