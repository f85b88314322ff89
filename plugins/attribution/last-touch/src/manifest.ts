import { defineManifest } from '@podlift/sdk';

export const manifest = defineManifest({
  id: 'podlift.last-touch',
  version: '0.1.0',
  sdk: '^0.1',
  license: 'Apache-2.0',
  title: 'Last touch',
  description: 'All credit to the last touch of a journey.',
});
