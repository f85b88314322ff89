import type { PersonalData } from '@podlift/sdk';
import { migration } from '@podlift/sdk/sql';

const KEPT = { erasure: 'delete', retentionDays: 800 } as const;
const HOUSEHOLD: PersonalData = {
  ...KEPT,
  category: 'pseudonymous',
  subject: 'listener',
  purpose: 'to join what one household heard, visited and bought, without knowing who it is',
  identifies: 'household',
  since: 'stitched_at',
};
const PURCHASE = {
  ...KEPT,
  category: 'personal',
  subject: 'customer',
  purpose: 'to tell what an advertisement brought',
  since: 'id',
} as const;

/** From when the time counts for which keys are kept: an order's id has its time, a link was joined at one. */
export const m0004 = migration('0004_since', (schema) => {
  schema.privacy('order_key', {
    once: { ...PURCHASE, identifies: 'order' },
    id: { ...PURCHASE, identifies: 'podlift.purchase' },
  });
  schema.privacy('identity_link', { alias: HOUSEHOLD, household: HOUSEHOLD });
});
