import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  collection,
  event,
  parseContractId,
  publishedView,
  text,
  translate,
  viewName,
  type Translations,
} from './index.ts';
import { localViewName, pluginSchema, viewOwner } from './published-view.ts';

test('a contract id has a name and a major', () => {
  expect(parseContractId('attribution.models@12')).toEqual({ name: 'attribution.models', major: 12 });
});

describe('event', () => {
  const any = z.unknown();
  const step = (old: unknown) => old;
  test('reads older majors without a gap', () => {
    expect(Object.keys(event('x.y@3', any, { upcast: { 1: step, 2: step } }).upcast)).toEqual(['1', '2']);
    expect(event('x.y@3', any, { upcast: { 2: step } }).id).toBe('x.y@3');
    expect(event('x.y@3', any).upcast).toEqual({});
  });
  test.each([[{ 1: step }], [{ 2: step, 3: step }], [{ 1: step, 2: step, 3: step }]])('refuses %o', (upcast) => {
    expect(() => event('x.y@3', any, { upcast })).toThrow('without a gap');
  });
});

describe('text', () => {
  const words = text({ en: 'Half-life', de: 'Halbwertszeit', 'pt-BR': 'Meia-vida' });
  test.each([
    [['de'], 'Halbwertszeit'],
    [['de-AT'], 'Halbwertszeit'],
    [['fr', 'pt-BR'], 'Meia-vida'],
    [['fr'], 'Half-life'],
    [['__proto__', 'constructor', 'toString-x'], 'Half-life'],
    [[], 'Half-life'],
  ])('in %o is %s', (languages, expected) => expect(translate(words, ...languages)).toBe(expected));
  test('one text is for everybody', () => expect(translate('Last touch', 'de')).toBe('Last touch'));
  test.each<Translations>([{ en: ' ' }, { en: 'x', german: 'y' }])('%o is refused', (bad) =>
    expect(() => text(bad)).toThrow('language tag'),
  );
});

describe('a published view', () => {
  const own = publishedView('first-touch.daily-sums@2', { day: 'date' });
  test('is named by its plugin and major', () => {
    expect(viewName(own)).toBe('p_podlift_first_touch.daily_sums_v2');
    expect(localViewName(own)).toBe('daily_sums_v2');
    expect(viewOwner(own)).toBe('podlift.first-touch');
  });
  test('of another publisher says so', () => {
    expect(viewName(publishedView('acme.shop.orders@1', {}))).toBe('p_acme_shop.orders_v1');
  });
  test.each(['orders@1', 'a.b.c.d@1', "a.b'; drop@1", 'A.b@1', 'a.b@0'] as const)('%s is refused', (id) => {
    expect(() => publishedView(id, {})).toThrow('a view is named');
  });
  test('lives in the schema of its plugin', () => expect(pluginSchema('podlift.tracking')).toBe('p_podlift_tracking'));
});

test('a collection says of every field what it tells, and indexes only its own', () => {
  const schema = z.object({ a: z.string(), b: z.number() });
  expect(collection(schema, { indexes: ['a', ['a', 'b']], unique: ['b'], privacy: 'none' })).toMatchObject({
    indexes: [['a'], ['a', 'b']],
    unique: [['b']],
    privacy: { a: 'none', b: 'none' },
  });
  // A caller without types.
  expect(() => Reflect.apply(collection, undefined, [schema, { indexes: ['c'], privacy: 'none' }])).toThrow(
    'indexes c',
  );
});
