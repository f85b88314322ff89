/** @module Time-decay attribution: the closer a touch is to the order, the larger its share. */
import { models } from '@podlift/attribution-engine/contract';
import { definePlugin } from '@podlift/sdk';
import { manifest } from './manifest.ts';
import { computeTimeDecay } from './time-decay.ts';

export default definePlugin(manifest, (declare) => {
  declare.contribute(models, {
    id: 'time-decay',
    label: 'Time decay',
    description: manifest.description.en,
    formula: 'credit(i) = w(i) / sum of all w, w(i) = 2^(-age(i) / half-life)',
    source: 'Google Analytics "time decay" (7 days); Adobe Analytics "time decay" (2^(-t / half-life), any half-life).',
    version: manifest.version,
    unitSum: true,
    deterministic: true,
    minimumConversions: 1,
    credit(journeys, { settings: { halfLifeDays } }) {
      return { credit: computeTimeDecay(journeys, halfLifeDays), parameters: { halfLifeDays } };
    },
  });
});
