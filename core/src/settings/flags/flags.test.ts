import { describe, expect, test } from 'vitest';
import { configProblems, FlagConfig, type FlagDefinition } from './definition.ts';
import { bucketOf, compileFlag, type FlagSubject } from './evaluate.ts';

const BOOLEAN: FlagDefinition = { type: 'boolean', default: false, description: '', override: 'operator' };
const VARIANTS: FlagDefinition = {
  type: 'variants',
  variants: ['a', 'b', 'c'],
  default: 'a',
  description: '',
  override: 'operator',
};
const NOW = Date.UTC(2026, 10, 24, 12);
const subject = (tenant: string, attributes = {}, actor?: string): FlagSubject => ({
  tenant,
  attributes,
  ...(actor && { actor }),
});
const compile = (config: unknown, definition = BOOLEAN, name = 'acme.x/new') =>
  compileFlag(name, definition, FlagConfig.parse(config));
const on = (config: unknown, who: FlagSubject, now = NOW) => compile(config).evaluate(who, undefined, now).value;

describe('a flag', () => {
  test('is what was declared, what operators say, what a tenant overrides, and off when killed', () => {
    const who = subject('t');
    expect(compile({}).evaluate(who, undefined, NOW)).toEqual({ value: false, reason: 'default' });
    expect(compile({ value: true }).evaluate(who, undefined, NOW)).toEqual({ value: true, reason: 'configured' });
    expect(compile({ value: true }).evaluate(who, false, NOW)).toEqual({ value: false, reason: 'override' });
    expect(compile({ killed: true, value: true, rules: [{ value: true }] }).evaluate(who, true, NOW)).toEqual({
      value: false,
      reason: 'killed',
    });
    expect(compile({ killed: true, value: 'b' }, VARIANTS).evaluate(who, 'c', NOW).value).toBe('a');
  });

  test('goes by the first rule that fits', () => {
    const rules = [
      {
        when: [
          { attribute: 'tenant.plan', is: ['pro'] },
          { attribute: 'tenant.country', isNot: ['US'] },
        ],
        value: true,
      },
      { when: [{ attribute: 'actor.role', is: ['owner'] }], value: true },
    ];
    expect(on({ rules }, subject('t', { 'tenant.plan': 'pro', 'tenant.country': 'DE' }))).toBe(true);
    expect(on({ rules }, subject('t', { 'tenant.plan': 'pro', 'tenant.country': 'US' }))).toBe(false);
    expect(on({ rules }, subject('t', { 'tenant.plan': 'pro' }))).toBe(true);
    expect(on({ rules }, subject('t', { 'tenant.plan': 'free', 'actor.role': 'owner' }))).toBe(true);
    expect(on({ rules }, subject('t'))).toBe(false);
    const explained = compile({ rules }).explain(
      subject('t', { 'tenant.plan': 'free', 'actor.role': 'owner' }),
      undefined,
      NOW,
    );
    expect(explained).toEqual({
      value: true,
      reason: 'rule',
      rule: 1,
      trail: ['rule 0: tenant.plan is free, not pro', 'rule 1: fits'],
    });
  });

  test('begins and ends by the clock of a time zone', () => {
    const rules = [{ from: '2026-12-01T09:00', until: '2026-12-24T18:00', timeZone: 'Europe/Berlin', value: true }];
    expect(on({ rules }, subject('t'), Date.UTC(2026, 11, 1, 7, 59))).toBe(false);
    expect(on({ rules }, subject('t'), Date.UTC(2026, 11, 1, 8, 0))).toBe(true);
    expect(on({ rules }, subject('t'), Date.UTC(2026, 11, 24, 17, 0))).toBe(false);
    // In summer the same local time is another instant.
    const summer = [{ from: '2026-07-01T09:00', timeZone: 'Europe/Berlin', value: true }];
    expect(on({ rules: summer }, subject('t'), Date.UTC(2026, 6, 1, 7, 0))).toBe(true);
    expect(on({ rules: summer }, subject('t'), Date.UTC(2026, 6, 1, 6, 59))).toBe(false);
  });
});

describe('a share', () => {
  const tenants = Array.from(
    { length: 20_000 },
    (_, n) => `019a5f2e-7c1a-7d33-9a51-${n.toString(16).padStart(12, '0')}`,
  );
  const inShare = (percent: number, name = 'acme.x/new') => {
    const flag = compile({ rules: [{ percent, value: true }] }, BOOLEAN, name);
    return tenants.filter((tenant) => flag.evaluate(subject(tenant), undefined, NOW).value === true);
  };

  test.each([0, 0.5, 10, 33, 50, 90, 100])('of %d %% is that large', (percent) => {
    const expected = (tenants.length * percent) / 100;
    const spread = 4 * Math.sqrt((expected * (100 - percent)) / 100);
    expect(Math.abs(inShare(percent).length - expected)).toBeLessThanOrEqual(spread);
  });

  test('keeps who is in when it grows, and is the same every time', () => {
    const [ten, twenty] = [inShare(10), new Set(inShare(20))];
    expect(ten.filter((tenant) => !twenty.has(tenant))).toEqual([]);
    expect(inShare(10)).toEqual(ten);
  });

  test('of one flag says nothing about another', () => {
    const other = new Set(inShare(50, 'acme.x/other'));
    const both = inShare(50).filter((tenant) => other.has(tenant)).length;
    expect(Math.abs(both - tenants.length / 4)).toBeLessThan(300);
  });

  test('by actor parts the people of one tenant, and leaves the system with its tenant', () => {
    const flag = compile({ rules: [{ percent: 50, by: 'actor', value: true }] });
    const people = Array.from({ length: 1000 }, (_, n) => `user:${n}`);
    const inside = people.filter((actor) => flag.evaluate(subject('t', {}, actor), undefined, NOW).value === true);
    expect(inside.length).toBeGreaterThan(430);
    expect(inside.length).toBeLessThan(570);
    expect(new Set(Array.from({ length: 9 }, () => flag.evaluate(subject('t'), undefined, NOW).value)).size).toBe(1);
  });

  test('gives variants by weight', () => {
    const flag = compile({ rules: [{ weights: { a: 1, b: 2, c: 1 } }] }, VARIANTS);
    const counts: Record<string, number> = {};
    for (const tenant of tenants) {
      const { value } = flag.evaluate(subject(tenant), undefined, NOW);
      counts[String(value)] = (counts[String(value)] ?? 0) + 1;
    }
    for (const [variant, share] of [
      ['a', 0.25],
      ['b', 0.5],
      ['c', 0.25],
    ] as const)
      expect(Math.abs((counts[variant] ?? 0) - tenants.length * share)).toBeLessThan(300);
  });

  test('lands everywhere, also for names that differ by one letter', () => {
    const buckets = Array.from({ length: 100 }, () => 0);
    for (const tenant of tenants) {
      const at = Math.floor(bucketOf('f', 'share', tenant) * 100);
      buckets[at] = (buckets[at] ?? 0) + 1;
    }
    expect(Math.min(...buckets)).toBeGreaterThan(140);
    expect(Math.max(...buckets)).toBeLessThan(260);
  });

  test('is told fast: below 5 µs a look', () => {
    const rules = Array.from({ length: 5 }, (_, n) => ({
      when: [{ attribute: 'tenant.plan', is: [`p${n}`] }],
      percent: 50,
      value: true,
    }));
    const flag = compile({ rules });
    const who = tenants.map((tenant) => subject(tenant, { 'tenant.plan': 'p4' }));
    for (const one of who) flag.evaluate(one, undefined, NOW);
    const { user } = process.cpuUsage();
    for (let round = 0; round < 10; round++) for (const one of who) flag.evaluate(one, undefined, NOW);
    const micros = (process.cpuUsage().user - user) / (10 * who.length);
    expect(micros).toBeLessThan(5);
  });
});

describe('what operators say', () => {
  const problems = (config: unknown, definition = VARIANTS) => configProblems(definition, FlagConfig.parse(config));

  test('is checked against the flag, with the path of every wrong field', () => {
    expect(
      problems({
        value: 'z',
        rules: [
          { value: true },
          { weights: { a: 1, z: 1 } },
          { value: 'a', weights: { a: 1 } },
          {},
          { value: 'a', from: '2026-02-31T00:00' },
          { value: 'a', from: '2026-02-02T00:00', until: '2026-02-01T00:00' },
          { weights: { a: 0 } },
        ],
      }).map(({ path }) => path.join('.')),
    ).toEqual([
      'value',
      'rules.0.value',
      'rules.1.weights.z',
      'rules.2.value',
      'rules.3.value',
      'rules.4.from',
      'rules.5.until',
      'rules.6.weights',
    ]);
    expect(problems({ value: true, rules: [{ value: false }] }, BOOLEAN)).toEqual([]);
  });
});
