/** @module First-touch attribution: the touch that introduced the buyer gets the whole order. */
import { models } from '@podlift/attribution-engine/contract';
import { definePlugin } from '@podlift/sdk';
import { computeFirstTouch } from './first-touch.ts';
import { manifest } from './manifest.ts';

export default definePlugin(manifest, (declare) => {
  declare.contribute(models, {
    id: 'first-touch',
    label: 'First touch',
    description: 'Assumes that the first advertisement a buyer met made the sale, and that nothing after it mattered.',
    formula: 'credit(i) = 1 if i = 1, else 0',
    source: 'Industry standard; Google Analytics "first click", Podscribe "first".',
    version: manifest.version,
    unitSum: true,
    deterministic: true,
    credit: (journeys) => ({ credit: computeFirstTouch(journeys) }),
  });
});
