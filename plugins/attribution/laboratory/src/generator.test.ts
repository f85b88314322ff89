import { expect, test } from 'vitest';
import { z } from 'zod';
import { Market } from './contract.ts';
import { additiveHazard } from './generator.ts';
import { householdId } from './land.ts';

test('generates what the point asks for, with the dials that were given and the defaults of the others', () => {
  const market = Market.parse(
    additiveHazard.generate({ seed: 5, touchpoints: 2000, dials: { campaigns: 3, shows: 2 } }),
  );
  expect([market.plan.campaigns.length, market.plan.shows.length, market.data.touchpoints.at.length]).toEqual([
    3, 2, 2000,
  ]);
  expect((market.plan.to - market.plan.from) / 86_400_000).toBe(91);
});

test('a wrong dial is named', () => {
  expect(() => additiveHazard.generate({ seed: 1, touchpoints: 1, dials: { campaigns: 0 } })).toThrow(
    /the dials is not valid at dials.campaigns/,
  );
});

test('its dials are described as JSON Schema, each with a title and a default', () => {
  const Dial = z.looseObject({ title: z.string(), default: z.number() });
  const { properties } = z.looseObject({ properties: z.record(z.string(), Dial) }).parse(additiveHazard.dials);
  expect(Object.keys(properties)).toContain('meanEffect');
});

test('a household’s id is a UUID that names seed and number', () => {
  expect(householdId(1, 42)).toBe('00000001-0000-8000-8000-00000000002a');
  expect(householdId(0xffffffff, 0)).toBe('ffffffff-0000-8000-8000-000000000000');
});
