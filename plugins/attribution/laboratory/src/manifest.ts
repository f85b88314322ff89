import { engine } from '@podlift/attribution-engine/contract';
import { catalog } from '@podlift/audience-campaigns/contract';
import { shows } from '@podlift/audience-podcasts/contract';
import { intake } from '@podlift/audience-tracking/contract';
import { type Context, defineManifest } from '@podlift/sdk';
import { generators } from './contract.ts';
import { demos } from './record.ts';

export const manifest = defineManifest({
  id: 'podlift.laboratory',
  version: '0.1.0',
  sdk: '^0.1',
  license: 'Apache-2.0',
  title: 'Laboratory',
  description: 'Simulates markets whose true effects are known, and holds every attribution model against them.',
  capabilities: ['data:collections'],
  requires: { shows, catalog, intake, engine },
  opens: [generators],
  collections: { demos },
  permissions: {
    'laboratory:read': {
      title: 'Read how models compare with a known truth',
      roles: ['owner', 'admin', 'analyst', 'viewer'],
    },
  },
  prefixes: ['/api/v1/laboratory'],
});
/** What every handler of this plugin gets. */
export type Ctx = Context<typeof manifest>;
