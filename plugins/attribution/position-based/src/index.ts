/** @module Position-based attribution: fixed shares for the first and the last touch, the rest evenly between them. */
import { models } from '@podlift/attribution-engine/contract';
import { definePlugin } from '@podlift/sdk';
import { manifest } from './manifest.ts';
import { computePositionBased } from './position-based.ts';
import { weightsOf } from './shapes.ts';

export default definePlugin(manifest, (declare) => {
  declare.contribute(models, {
    id: 'position-based',
    label: 'Position based',
    description: manifest.description.en,
    formula:
      'credit(1) = f / (f + m + l), credit(n) = l / (f + m + l), between: m / (f + m + l) / (n - 2); n = 2: f / (f + l) and l / (f + l); n = 1: 1',
    source:
      'Adobe Analytics "U-shaped", "J-shaped", "inverse J" and "custom"; Google Analytics "position based" (40/20/40).',
    version: manifest.version,
    unitSum: true,
    deterministic: true,
    minimumConversions: 1,
    credit(journeys, { settings }) {
      const weights = weightsOf(settings);
      return { credit: computePositionBased(journeys, weights), parameters: { shape: settings.shape, ...weights } };
    },
  });
});
