/** @module Attribution by rules that a tenant writes: weights by place, age and directness, as data. */
import { models } from '@podlift/attribution-engine/contract';
import { definePlugin } from '@podlift/sdk';
import { computeCustom } from './custom.ts';
import { manifest } from './manifest.ts';

export default definePlugin(manifest, (declare) => {
  declare.contribute(models, {
    id: 'custom',
    label: 'Custom rules',
    description: manifest.description.en,
    formula:
      'credit(i) = w(i) / sum of all w, w(i) = the weight of the first rule that fits touch i, or 1; all w = 0: 1 / n',
    source:
      'The workspace that wrote the rules; as shipped, the response curve of Magellan AI (first quarter of 2026).',
    version: manifest.version,
    unitSum: true,
    deterministic: true,
    minimumConversions: 1,
    credit(journeys, { settings: { rules } }) {
      return { credit: computeCustom(journeys, rules), parameters: { rules: JSON.stringify(rules) } };
    },
  });
});
