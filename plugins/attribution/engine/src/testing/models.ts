import { definePlugin, PodliftError } from '@podlift/sdk';
import { models, type Journeys } from '../contract.ts';

const about = (id: string) => ({
  id,
  label: id,
  description: 'A model of the tests.',
  formula: 'none',
  source: 'the tests',
  version: '1.2.3',
  unitSum: true,
  deterministic: true,
});

/** Gives each touch of each journey what `share` says of its place. */
const byPlace =
  (share: (place: number, count: number) => number) =>
  ({ offsets, channels }: Journeys) => {
    const credit = new Float64Array(channels.length);
    for (let j = 0; j + 1 < offsets.length; j++) {
      const start = offsets[j] ?? 0;
      const count = (offsets[j + 1] ?? 0) - start;
      for (let place = 0; place < count; place++) credit[start + place] = share(place, count);
    }
    return { credit };
  };

/** First, last and linear, written down a second time. */
export const soundModels = definePlugin(
  { id: 'test.sound', version: '1.2.3', sdk: '^0.1', license: 'MIT' },
  (declare) => {
    declare.contribute(models, { ...about('first-touch'), credit: byPlace((place) => (place === 0 ? 1 : 0)) });
    declare.contribute(models, { ...about('last-touch'), credit: byPlace((place, n) => (place === n - 1 ? 1 : 0)) });
    const even = byPlace((_, n) => 1 / n);
    declare.contribute(models, {
      ...about('linear'),
      minimumConversions: 1,
      credit: (journeys) => ({ ...even(journeys), parameters: { evenly: true } }),
    });
  },
);

/** Models that do not keep the contract, each in its way. */
export const brokenModels = definePlugin(
  { id: 'test.broken', version: '0.0.1', sdk: '^0.1', license: 'MIT' },
  (declare) => {
    declare.contribute(models, {
      ...about('throws'),
      credit() {
        throw new PodliftError('test.broke', 'the model broke', { kind: 'unavailable' });
      },
    });
    declare.contribute(models, { ...about('nan'), credit: byPlace(() => NaN) });
    declare.contribute(models, { ...about('twice'), credit: byPlace((_, n) => 2 / n) });
    declare.contribute(models, { ...about('short'), credit: () => ({ credit: new Float64Array(1) }) });
  },
);
