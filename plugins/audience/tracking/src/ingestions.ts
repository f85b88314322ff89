/** @module The ways into this plugin's tables: columns go in, one definer function each lands them (migrations/0001_events.ts). */
import { ingestion } from '@podlift/sdk';

export const touchpointIngestion = ingestion(
  'touchpoints',
  {
    id: 'uuid',
    key: 'uuid',
    household: 'uuid',
    kind: 'text',
    channel: 'text',
    name: 'text',
    evidence: 'text',
    campaign: 'uuid',
    placement: 'uuid',
    show: 'uuid',
    episode: 'uuid',
  },
  { quota: 'hits' },
);

export const orderIngestion = ingestion('orders', {
  id: 'uuid',
  key: 'uuid',
  kind: 'text',
  order_id: 'text',
  household: 'uuid',
  value_micros: 'bigint',
  currency: 'text',
  code: 'text',
  evidence: 'text',
  campaign: 'uuid',
  placement: 'uuid',
  new_customer: 'boolean',
});

export const linkIngestion = ingestion('links', { alias: 'uuid', household: 'uuid' });

/** The secret of a tenant's hashes. It is made once, and committed before the first hash is stored. */
export const secretIngestion = ingestion('hash_secret', { purpose: 'text', secret: 'text' });
