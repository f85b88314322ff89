import { defineManifest, text } from '@podlift/sdk';
import { z } from 'zod';
import { RESPONSE_RULES, Rule } from './rule.ts';

export const manifest = defineManifest({
  id: 'podlift.custom',
  version: '0.1.0',
  sdk: '^0.1',
  license: 'Apache-2.0',
  title: text({ en: 'Custom rules', de: 'Eigene Regeln' }),
  description: text({
    en: 'Assumes what your rules say; until you write some, that touches bring orders as fast as podcast listeners answer.',
    de: 'Nimmt an, was Ihre Regeln sagen; bis Sie welche schreiben, dass Kontakte so schnell zu Käufen führen, wie Podcast-Hörer antworten.',
  }),
  settings: z.object({
    rules: z.array(Rule).max(20).default(RESPONSE_RULES).meta({
      title: 'Rules',
      description:
        'The first rule that fits a touch gives its weight; without any it weighs 1. Conditions: place (first, middle, last), olderThanDays, newerThanDays, direct.',
    }),
  }),
});
