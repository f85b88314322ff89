import type { Run } from '@podlift/attribution-engine/contract';
import type { OutputTable } from '@podlift/sdk';
import { compareWithTruth } from './compare.ts';
import type { MarketPlan } from './contract.ts';
import type { DemoRecord } from './record.ts';
import type { Truth } from './truth.ts';

/** Holds every model of a run against the truth, campaign by campaign. A model without a result is left out. */
export function compareModels(
  run: Run,
  truth: Truth,
  plan: Pick<MarketPlan, 'campaigns'>,
  ids: readonly string[],
): Pick<DemoRecord, 'models' | 'campaigns'> {
  const trueCounts = truth.byCampaign.map(({ conversions }) => conversions);
  const rows = new Map(run.rows.map((row) => [row.key, row]));
  const withResult = run.models.flatMap((model, place) => (model.error === null ? [{ model, place }] : []));
  const creditsOf = (place: number): number[] => ids.map((id) => rows.get(id)?.conversions[place] ?? 0);
  const models = withResult.map(({ model, place }) => {
    const credits = creditsOf(place);
    const excess = credits.map((credit, index) => ({
      campaign: plan.campaigns[index]?.name ?? '',
      by: credit - (trueCounts[index] ?? 0),
    }));
    const byExcess = excess.toSorted((a, b) => b.by - a.by);
    const none = { campaign: '', by: 0 };
    return {
      id: model.id,
      label: model.label,
      conversions: model.conversions,
      ...compareWithTruth(credits, trueCounts),
      mostOver: byExcess[0] ?? none,
      mostUnder: byExcess.at(-1) ?? none,
    };
  });
  const perModel = withResult.map(({ place }) => creditsOf(place));
  const campaigns = ids.map((id, index) => ({
    id,
    name: plan.campaigns[index]?.name ?? '',
    truth: trueCounts[index] ?? 0,
    trueCents: truth.byCampaign[index]?.cents ?? 0,
    credits: perModel.map((credits) => credits[index] ?? 0),
  }));
  return { models, campaigns: campaigns.toSorted((a, b) => b.truth - a.truth) };
}

const whole = (value: number): string => Math.round(value).toLocaleString('en');
const signed = (value: number): string => `${value < 0 ? '−' : '+'}${whole(Math.abs(value))}`;

/** Models side by side, each beside the truth. */
export const modelTable = ({ models, incremental }: DemoRecord): OutputTable => ({
  title: 'Models beside the truth',
  columns: ['model', 'conversions', 'over-credit', 'share error', 'rank correlation'],
  rows: [
    ['the truth', whole(incremental), '', '0.000', '1.000'],
    ...models.map(({ label, conversions, overCredit, shareError, rankCorrelation }) => [
      label,
      whole(conversions),
      `${signed(overCredit * 100)} %`,
      shareError.toFixed(3),
      rankCorrelation.toFixed(3),
    ]),
  ],
});

/** The campaign that each model gives most beyond the truth, and the one that it gives least. */
export const mistakeTable = ({ models }: DemoRecord): OutputTable => ({
  title: 'Where each model is most wrong (conversions beyond the truth)',
  columns: ['model', 'gives too much to', 'gives too little to'],
  rows: models.map(({ label, mostOver, mostUnder }) => [
    label,
    `${mostOver.campaign} ${signed(mostOver.by)}`,
    `${mostUnder.campaign} ${signed(mostUnder.by)}`,
  ]),
});

/** The campaigns that truly brought most, with what each model says of them; the rest as one line, so that columns add up. */
export function campaignTable({ campaigns, models }: DemoRecord, most: number): OutputTable {
  const shown = campaigns.slice(0, most);
  const rest = campaigns.slice(most);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const others =
    rest.length === 0
      ? []
      : [
          [
            `${rest.length} others`,
            whole(sum(rest.map(({ truth }) => truth))),
            ...models.map((_, place) => whole(sum(rest.map(({ credits }) => credits[place] ?? 0)))),
          ],
        ];
  return {
    title: 'Conversions by campaign',
    columns: ['campaign', 'truth', ...models.map(({ label }) => label.toLowerCase())],
    rows: [...shown.map(({ name, truth, credits }) => [name, whole(truth), ...credits.map(whole)]), ...others],
  };
}

/** What the demo is, in two sentences. */
export function describeDemo({ orders, incremental, baseline, touchpoints, households }: DemoRecord): string {
  const share = orders === 0 ? 0 : (baseline / orders) * 100;
  return (
    `A simulated quarter: ${whole(touchpoints)} touchpoints of ${whole(households)} households and ${whole(orders)} orders, ` +
    `of which advertising caused ${whole(incremental)}; ${share.toFixed(0)} % would have come anyway, and models that only ` +
    `count touches cannot tell.`
  );
}
