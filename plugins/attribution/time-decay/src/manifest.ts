import { defineManifest, text } from '@podlift/sdk';
import { z } from 'zod';

export const manifest = defineManifest({
  id: 'podlift.time-decay',
  version: '0.1.0',
  sdk: '^0.1',
  license: 'Apache-2.0',
  title: text({ en: 'Time decay', de: 'Zeitverfall' }),
  description: text({
    en: 'Assumes that an advertisement works less the longer it is ago: half as much with every half-life.',
    de: 'Nimmt an, dass Werbung umso weniger wirkt, je länger sie zurückliegt: mit jeder Halbwertszeit halb so viel.',
  }),
  settings: z.object({
    halfLifeDays: z.number().min(0.1).max(365).default(7).meta({
      title: 'Half-life (days)',
      description: 'A touch that lies so many days before another gets half of its share.',
    }),
  }),
});
