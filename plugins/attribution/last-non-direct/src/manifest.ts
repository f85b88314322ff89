import { defineManifest, text } from '@podlift/sdk';

export const manifest = defineManifest({
  id: 'podlift.last-non-direct',
  version: '0.1.0',
  sdk: '^0.1',
  license: 'Apache-2.0',
  title: text({ en: 'Last non-direct touch', de: 'Letzter nicht direkter Kontakt' }),
  description: text({
    en: 'Assumes that the last touch that brought the buyer from somewhere made the sale, and that a direct visit only followed it.',
    de: 'Nimmt an, dass der letzte Kontakt, der den Käufer von irgendwoher brachte, den Kauf bewirkte, und dass ein direkter Besuch ihm nur folgte.',
  }),
});
