import { describe, expect, test } from 'vitest';
import { computeGraph, computeLoss, dependantsOf, pathsOverlap, type GraphNode } from './index.ts';

const node = (id: string, facts: Partial<GraphNode> = {}): GraphNode => ({
  id,
  version: '1.0.0',
  requires: [],
  optional: [],
  provides: [],
  opens: [],
  contributes: [],
  publishes: [],
  reads: [],
  emits: [],
  consumes: [],
  prefixes: [],
  ...facts,
});

describe('order', () => {
  test('puts providers before those who need them, services and views alike', () => {
    const graph = computeGraph([
      node('a.reports', { requires: ['runs@1'] }),
      node('a.engine', { provides: ['runs@1'], reads: ['touches@1'] }),
      node('a.tracking', { publishes: ['touches@1'] }),
    ]);
    expect(graph.order).toEqual(['a.tracking', 'a.engine', 'a.reports']);
    expect(graph.refused.size).toBe(0);
  });

  test('an optional contract, a contribution and an event make nobody wait', () => {
    const graph = computeGraph([
      node('a.linear', {
        contributes: [{ point: 'models@1', id: 'linear' }],
        optional: ['rates@1'],
        consumes: ['landed@1'],
      }),
      node('a.engine', { opens: ['models@1'], provides: ['rates@1'], emits: ['landed@1'] }),
    ]);
    expect(graph.order).toEqual(['a.linear', 'a.engine']);
  });
});

describe('a plugin that cannot run says why', () => {
  const provider = node('a.engine', {
    provides: ['runs@1'],
    opens: ['models@1'],
    publishes: ['credit@1'],
    prefixes: ['/api/v1/runs'],
  });
  test.each<[string, GraphNode[], string, string, string]>([
    [
      'missing contract',
      [node('b', { requires: ['rates@1'] })],
      'b',
      'missing_contract',
      'b requires rates@1, which no installed plugin provides',
    ],
    [
      'missing view',
      [node('b', { reads: ['touches@1'] })],
      'b',
      'missing_contract',
      'b reads touches@1, which no installed plugin publishes',
    ],
    [
      'other major',
      [node('b', { requires: ['runs@2'] })],
      'b',
      'contract_version',
      'b requires runs@2, but a.engine provides runs@1',
    ],
    [
      'two providers',
      [node('b', { provides: ['runs@1'] })],
      'b',
      'contract_taken',
      'b cannot provide runs@1: a.engine already does',
    ],
    [
      'two openers',
      [node('b', { opens: ['models@1'] })],
      'b',
      'contract_taken',
      'b cannot open models@1: a.engine already does',
    ],
    [
      'two publishers',
      [node('b', { publishes: ['credit@1'] })],
      'b',
      'contract_taken',
      'b cannot publish credit@1: a.engine already does',
    ],
    [
      'two entries of one name',
      [
        node('b', { contributes: [{ point: 'models@1', id: 'x' }] }),
        node('c', { contributes: [{ point: 'models@1', id: 'x' }] }),
      ],
      'c',
      'contract_taken',
      'c cannot contribute x to models@1: b already does',
    ],
    [
      'same path',
      [node('b', { prefixes: ['/api/v1/runs'] })],
      'b',
      'prefix_taken',
      'b cannot claim the path /api/v1/runs: a.engine already answers at /api/v1/runs',
    ],
    [
      'path below',
      [node('b', { prefixes: ['/api/v1/runs/x'] })],
      'b',
      'prefix_taken',
      'b cannot claim the path /api/v1/runs/x: a.engine already answers at /api/v1/runs',
    ],
    [
      'path of the product',
      [node('b', { prefixes: ['/api/v1/system/x'] })],
      'b',
      'prefix_taken',
      'b cannot claim the path /api/v1/system/x: /api/v1/system belongs to Podlift itself',
    ],
    [
      'an id that is written like another in the database',
      [node('acme.first-touch'), node('acme-first.touch')],
      'acme-first.touch',
      'schema_taken',
      'acme-first.touch cannot keep its data in p_acme_first_touch: acme.first-touch already does',
    ],
    [
      "an id that is written like another's writer",
      [node('a-engine.ingest')],
      'a-engine.ingest',
      'schema_taken',
      'a-engine.ingest cannot keep its data in p_a_engine_ingest: a.engine already does',
    ],
    [
      'cycle',
      [node('b', { provides: ['b@1'], requires: ['c@1'] }), node('c', { provides: ['c@1'], requires: ['b@1'] })],
      'b',
      'contract_cycle',
      'b needs itself in the end: b -> c -> b',
    ],
  ])('%s', (_, nodes, id, code, reason) => {
    const graph = computeGraph([provider, ...nodes], { reserved: ['/api/v1/system'] });
    expect(graph.refused.get(id)).toEqual({ code, reason });
    expect(graph.order).toContain('a.engine');
    expect(graph.order).not.toContain(id);
  });

  test('and takes down those who need it, with the whole chain in the sentence', () => {
    const graph = computeGraph([
      node('a', { provides: ['a@1'], requires: ['nobody@1'] }),
      node('b', { provides: ['b@1'], requires: ['a@1'] }),
      node('c', { requires: ['b@1'] }),
      node('d'),
    ]);
    expect(graph.order).toEqual(['d']);
    expect(graph.refused.get('c')?.reason).toBe(
      'c requires b@1 of b, which is degraded: b requires a@1 of a, which is degraded: a requires nobody@1, which no installed plugin provides',
    );
  });

  test('a plugin that was broken before counts as down', () => {
    const graph = computeGraph([node('a', { provides: ['a@1'] }), node('b', { requires: ['a@1'] })], {
      broken: new Map([['a', 'its migration failed']]),
    });
    expect(graph.order).toEqual([]);
    expect(graph.refused.get('b')?.reason).toBe('b requires a@1 of a, which is degraded: its migration failed');
  });

  test('a plugin behind a cycle falls, one beside it stays', () => {
    const graph = computeGraph([
      node('a', { provides: ['a@1'], requires: ['b@1'] }),
      node('b', { provides: ['b@1'], requires: ['a@1'] }),
      node('c', { requires: ['a@1'] }),
      node('d', { optional: ['a@1'] }),
    ]);
    expect(graph.order).toEqual(['d']);
    expect(graph.refused.get('c')?.code).toBe('dependency_degraded');
  });
});

describe('loss', () => {
  const graph = computeGraph([
    node('engine', { provides: ['runs@1'], opens: ['models@1'], prefixes: ['/api/v1/runs'], emits: ['done@1'] }),
    node('linear', { contributes: [{ point: 'models@1', id: 'linear' }] }),
    node('reports', { requires: ['runs@1'], provides: ['reports@1'] }),
    node('mail', { requires: ['reports@1'], consumes: ['done@1'] }),
    node('chat', { consumes: ['done@1'] }),
  ]);
  test('lists dependants, nearest first', () => expect(dependantsOf(graph, 'engine')).toEqual(['reports', 'mail']));
  test('lists what the product lacks', () =>
    expect(computeLoss(graph, 'engine')).toEqual({
      plugins: ['reports', 'mail'],
      services: ['runs@1', 'reports@1'],
      points: ['models@1'],
      views: [],
      entries: [],
      paths: ['/api/v1/runs'],
      events: ['done@1'],
    }));
  test('an entry is lost with its contributor alone', () =>
    expect(computeLoss(graph, 'linear')).toMatchObject({ plugins: [], entries: ['linear to models@1'] }));
});

test.each([
  ['/v1', '/v1', true],
  ['/v1', '/v1/track', true],
  ['/v1/track', '/v1', true],
  ['/v1', '/v10', false],
  ['/api/v1/a', '/api/v1/b', false],
  ['/', '/x', true],
])('paths %s and %s overlap: %s', (one, other, expected) => expect(pathsOverlap(one, other)).toBe(expected));
