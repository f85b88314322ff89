import type { PersonalData } from '@podlift/sdk';
import { migration } from '@podlift/sdk/sql';

/** Raw events are kept so long. */
const KEPT = { subject: 'listener', erasure: 'delete', retentionDays: 800 } as const;
const HOUSEHOLD: PersonalData = {
  ...KEPT,
  category: 'pseudonymous',
  purpose: 'to join what one household heard, visited and bought, without knowing who it is',
  identifies: 'household',
};
const PURCHASE = {
  ...KEPT,
  category: 'personal',
  subject: 'customer',
  purpose: 'to tell what an advertisement brought',
} as const;
const ORDER: PersonalData = { ...PURCHASE, identifies: 'order' };
const ROW: PersonalData = { ...PURCHASE, identifies: 'podlift.purchase' };

/** By which columns rows are found that are about one household: its key, and the orders that it made. */
export const m0003 = migration('0003_names', (schema) => {
  schema.privacy('touchpoint', { household: HOUSEHOLD });
  schema.privacy('orders', { household: HOUSEHOLD, order_id: ORDER, id: ROW });
  schema.privacy('refund', { order_id: ORDER, id: ROW });
  schema.privacy('order_key', { once: ORDER, id: ROW });
  schema.privacy('identity_link', { alias: HOUSEHOLD, household: HOUSEHOLD });
});
