/** @module Last-non-direct attribution: the last touch gets the whole order, direct ones only where nothing else was. */
import { models } from '@podlift/attribution-engine/contract';
import { definePlugin } from '@podlift/sdk';
import { computeLastNonDirect } from './last-non-direct.ts';
import { manifest } from './manifest.ts';

export default definePlugin(manifest, (declare) => {
  declare.contribute(models, {
    id: 'last-non-direct',
    label: 'Last non-direct touch',
    description: manifest.description.en,
    formula: 'credit(i) = 1 if i is the last touch that is not direct, or i = n where all are; else 0',
    source: 'Google Analytics "last non-direct click"; a path of direct touches only stays direct, as in GA4.',
    version: manifest.version,
    unitSum: true,
    deterministic: true,
    minimumConversions: 1,
    credit: (journeys) => ({ credit: computeLastNonDirect(journeys) }),
  });
});
