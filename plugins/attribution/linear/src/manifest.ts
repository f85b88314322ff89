import { defineManifest } from '@podlift/sdk';

export const manifest = defineManifest({
  id: 'podlift.linear',
  version: '0.1.0',
  sdk: '^0.1',
  license: 'Apache-2.0',
  title: 'Linear',
  description: 'Equal credit to every touch of a journey.',
});
