/** @module Linear attribution: every touch of the journey gets the same share. */
import { models } from '@podlift/attribution-engine/contract';
import { definePlugin } from '@podlift/sdk';
import { computeLinear } from './linear.ts';
import { manifest } from './manifest.ts';

export default definePlugin(manifest, (declare) => {
  declare.contribute(models, {
    id: 'linear',
    label: 'Linear',
    description: 'Assumes that each time a buyer met an advertisement mattered as much as any other.',
    formula: 'credit(i) = 1 / n',
    source: 'Industry standard; Podscribe "multi", Spotify Ad Analytics fractional credit, Snowplow "linear".',
    version: manifest.version,
    unitSum: true,
    deterministic: true,
    credit: (journeys) => ({ credit: computeLinear(journeys) }),
  });
});
