import { defineManifest } from '@podlift/sdk';

export const manifest = defineManifest({
  id: 'podlift.first-touch',
  version: '0.1.0',
  sdk: '^0.1',
  license: 'Apache-2.0',
  title: 'First touch',
  description: 'All credit to the first touch of a journey.',
});
