/** @module Last-touch attribution: the touch right before the order gets the whole of it. */
import { models } from '@podlift/attribution-engine/contract';
import { definePlugin } from '@podlift/sdk';
import { computeLastTouch } from './last-touch.ts';
import { manifest } from './manifest.ts';

export default definePlugin(manifest, (declare) => {
  declare.contribute(models, {
    id: 'last-touch',
    label: 'Last touch',
    description:
      'Assumes that the last advertisement before the order made the sale, and that nothing before it mattered.',
    formula: 'credit(i) = 1 if i = n, else 0',
    source: 'Industry standard; Google Analytics "last click", Podscribe "last".',
    version: manifest.version,
    unitSum: true,
    deterministic: true,
    credit: (journeys) => ({ credit: computeLastTouch(journeys) }),
  });
});
