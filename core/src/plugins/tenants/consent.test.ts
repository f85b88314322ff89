import { describe, expect, test } from 'vitest';
import { closedFor, isGranted, type Consented } from './consent.ts';
import type { TenantFacts } from './facts.ts';

const facts = (enabled: Record<string, boolean> = {}, grants: Record<string, boolean> = {}): TenantFacts => ({
  enabled: new Map(Object.entries(enabled)),
  grants: new Map(Object.entries(grants)),
  settings: new Map(),
  readAt: 0,
});
const plugin = (trusted: boolean): Consented => ({
  id: 'a.b',
  trusted,
  capabilities: ['data:collections'],
  optionalCapabilities: ['net:fetch'],
});

describe.each([
  ['trusted', true, facts(), undefined, true],
  ['trusted, disabled', true, facts({ 'a.b': false }), { why: 'disabled' }, true],
  ['trusted, an optional capability refused', true, facts({}, { 'a.b net:fetch': false }), undefined, false],
  [
    'trusted, a required capability refused',
    true,
    facts({}, { 'a.b data:collections': false }),
    { why: 'consent', missing: ['data:collections'] },
    true,
  ],
  ['a stranger', false, facts(), { why: 'disabled' }, false],
  ['a stranger, enabled', false, facts({ 'a.b': true }), { why: 'consent', missing: ['data:collections'] }, false],
  [
    'a stranger, enabled with what it needs',
    false,
    facts({ 'a.b': true }, { 'a.b data:collections': true }),
    undefined,
    false,
  ],
  [
    'a stranger with everything',
    false,
    facts({ 'a.b': true }, { 'a.b data:collections': true, 'a.b net:fetch': true }),
    undefined,
    true,
  ],
  [
    "another plugin's grants say nothing",
    false,
    facts({ 'a.b': true }, { 'a.c data:collections': true }),
    { why: 'consent', missing: ['data:collections'] },
    false,
  ],
] as const)('%s', (_, trusted, given, closed, fetches) => {
  test('opens or stays closed', () => expect(closedFor(plugin(trusted), given)).toEqual(closed));
  test('may fetch or not', () => expect(isGranted(plugin(trusted), 'net:fetch', given)).toBe(fetches));
});
