import { describe, expect, test } from 'vitest';
import type { Run } from '@podlift/attribution-engine/contract';
import { campaignTable, compareModels, describeDemo, mistakeTable, modelTable } from './report.ts';

const ids = ['a', 'b', 'c'].map((letter) => `0000000${letter}-0000-4000-8000-000000000000`);
const plan = {
  campaigns: ['A', 'B', 'C'].map((name) => ({ name, sponsor: 0, code: name, from: 0, to: 1, reach: 1, effect: 0 })),
};
const truth = {
  byCampaign: [10, 30, 0].map((conversions) => ({ conversions, cents: conversions * 100 })),
  baseline: { conversions: 40, cents: 0 },
};
const model = (id: string, error: string | null = null) => ({
  id,
  label: id.toUpperCase(),
  plugin: `acme.${id}`,
  version: '1.0.0',
  conversions: 60,
  valueMicros: 0n,
  milliseconds: 1,
  error,
});
const run: Run = {
  id: ids[0] ?? '',
  createdAt: new Date(0),
  from: new Date(0),
  to: new Date(1),
  dimension: 'campaign',
  windowDays: 30,
  currency: 'USD',
  inputHash: '',
  totals: {
    conversions: 80,
    attributed: 60,
    byCode: 0,
    unattributed: 20,
    touches: 9,
    capped: 0,
    valueMicros: 0n,
    otherCurrency: 0,
  },
  models: [model('even'), model('broken', 'it threw'), model('right')],
  rows: [
    { key: ids[2] ?? '', label: 'C', conversions: [20, null, 0], valueMicros: [0n, null, 0n] },
    { key: ids[0] ?? '', label: 'A', conversions: [20, null, 15], valueMicros: [0n, null, 0n] },
    { key: ids[1] ?? '', label: 'B', conversions: [20, null, 45], valueMicros: [0n, null, 0n] },
  ],
};
const compared = compareModels(run, truth, plan, ids);
const record = {
  ...compared,
  generator: 'g',
  seed: 1,
  touchpoints: 1234,
  orders: 80,
  households: 50,
  from: new Date(0),
  to: new Date(1),
  runId: ids[0] ?? '',
  baseline: 40,
  incremental: 40,
  responseShares: [],
};

describe('compareModels', () => {
  test('worked by hand: even credit is wrong, credit in proportion is not; a model without result is left out', () => {
    expect(compared.models.map(({ id }) => id)).toEqual(['even', 'right']);
    const [even, right] = compared.models;
    expect(even?.shareError).toBeCloseTo(1 / 12 + 5 / 12 + 1 / 3, 12);
    expect(even?.rankCorrelation).toBe(0);
    expect(even?.mostOver).toEqual({ campaign: 'C', by: 20 });
    expect(even?.mostUnder).toEqual({ campaign: 'B', by: -10 });
    expect(right?.shareError).toBeCloseTo(0, 12);
    expect(right?.rankCorrelation).toBeCloseTo(1, 12);
    expect(right?.overCredit).toBeCloseTo(0.5, 12);
  });

  test('campaigns stand by their truth, each with the credits of the models in order', () => {
    expect(compared.campaigns.map(({ name, truth: count, credits }) => [name, count, ...credits])).toEqual([
      ['B', 30, 20, 45],
      ['A', 10, 20, 15],
      ['C', 0, 20, 0],
    ]);
  });

  test('a campaign that no journey met has credit 0', () => {
    const fewer = compareModels({ ...run, rows: run.rows.slice(0, 1) }, truth, plan, ids);
    expect(fewer.campaigns[0]?.credits).toEqual([0, 0]);
  });
});

describe('tables', () => {
  test('models beside the truth', () => {
    expect(modelTable(record).rows).toEqual([
      ['the truth', '40', '', '0.000', '1.000'],
      ['EVEN', '60', '+50 %', '0.833', '0.000'],
      ['RIGHT', '60', '+50 %', '0.000', '1.000'],
    ]);
  });

  test('where each model is most wrong', () => {
    expect(mistakeTable(record).rows).toEqual([
      ['EVEN', 'C +20', 'B −10'],
      ['RIGHT', 'B +15', 'C +0'],
    ]);
  });

  test('campaigns beyond the shown ones are one line, so that columns add up', () => {
    expect(campaignTable(record, 1).rows).toEqual([
      ['B', '30', '20', '45'],
      ['2 others', '10', '40', '15'],
    ]);
    expect(campaignTable(record, 3).rows).toHaveLength(3);
  });

  test('the sentence', () => {
    expect(describeDemo(record)).toMatch(
      /^A simulated quarter: 1,234 touchpoints .* 80 orders, .* caused 40; 50 % would have come anyway/,
    );
  });
});
