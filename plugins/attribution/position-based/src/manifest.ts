import { defineManifest, text } from '@podlift/sdk';
import { z } from 'zod';
import { SHAPE_NAMES, SHAPES } from './shapes.ts';

const weight = z.number().min(0).max(100);
const above = (name: string) => ({
  type: 'object',
  properties: { first: {}, middle: {}, last: {}, [name]: { type: 'number', exclusiveMinimum: 0 } },
  required: [name],
  additionalProperties: false,
});

const weights = z
  .strictObject({ first: weight, middle: weight, last: weight })
  .refine(
    ({ first, middle, last }) => first + middle + last > 0,
    'at least one of first, middle and last is above zero',
  )
  .default(SHAPES.u)
  .meta({
    title: 'Weights of your own',
    description: 'Used with the shape "custom". Only their ratio counts; not all of them may be zero.',
    // JSON schema cannot say a sum: that one of them is above zero says the same, so that zeros are refused when they are saved.
    anyOf: [above('first'), above('middle'), above('last')],
  });

export const manifest = defineManifest({
  id: 'podlift.position-based',
  version: '0.1.0',
  sdk: '^0.1',
  license: 'Apache-2.0',
  title: text({ en: 'Position based', de: 'Nach Position' }),
  description: text({
    en: 'Assumes that the touch that introduced the buyer and the one that closed the sale mattered most, and all between them little.',
    de: 'Nimmt an, dass der Kontakt, der den Käufer gewann, und der, der den Kauf abschloss, am meisten zählten und alle dazwischen wenig.',
  }),
  settings: z.object({
    shape: z.enum(SHAPE_NAMES).default('u').meta({
      title: 'Shape',
      description:
        'u: 40/20/40 for the first touch, those between and the last. j: 20/20/60. inverse-j: 60/20/20. custom: your own.',
    }),
    weights,
  }),
});
