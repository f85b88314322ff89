/** A plugin that keeps all that a plugin can keep of a person: its source, as an author writes it. */
export const CRM = `
import { collection, definePlugin } from '@podlift/sdk';
import { migration } from '@podlift/sdk/sql';
import { z } from 'zod';

const own = { category: 'personal', subject: 'customer', purpose: 'to answer customers' };
const gone = { ...own, erasure: 'delete' };
const cleared = { ...own, erasure: 'clear' };
const kept = { ...own, erasure: 'keep', purpose: 'invoices must be kept for ten years' };
const CUSTOMER = 'test.crm.customer';

const m0001 = migration('0001_customers', (schema) => {
  schema.tenantTable({
    name: 'customer',
    columns: { id: 'uuid not null', email: 'text not null', phone: 'text', number: 'text', name: 'text not null', note: 'jsonb', photo: 'bytea',
      file_id: 'uuid', parent: 'uuid', created_at: 'timestamptz not null' },
    foreignKeys: [{ columns: ['parent'], references: 'customer' }],
    indexes: [['email']],
    privacy: { id: { ...gone, identifies: CUSTOMER }, email: { ...gone, identifies: 'email', retentionDays: 400 }, phone: { ...gone, identifies: 'phone' },
      number: { ...gone, identifies: 'external' }, name: gone, note: gone, photo: gone, file_id: { ...gone, identifies: 'file' }, parent: 'none', created_at: 'none' },
  });
  schema.tenantTable({
    name: 'ticket',
    columns: { id: 'uuid not null', customer_id: 'uuid', title: 'text not null', body: 'text', answer: 'jsonb not null', agent: 'text', state: 'text not null' },
    checks: { ticket_state: "state in ('open', 'closed')" },
    indexes: [['customer_id']],
    privacy: { id: 'none', customer_id: { ...cleared, identifies: CUSTOMER }, title: cleared, body: { ...cleared, retentionDays: 30 }, answer: cleared,
      agent: { ...own, subject: 'user', identifies: 'email', erasure: 'keep', purpose: 'to see who answered', party: 'agent' }, state: 'none' },
  });
  schema.tenantTable({
    name: 'invoice',
    columns: { id: 'uuid not null', customer_id: 'uuid not null', recipient: 'text not null', cents: 'bigint not null' },
    privacy: { id: 'none', customer_id: { ...kept, identifies: CUSTOMER }, recipient: kept, cents: 'none' },
  });
  schema.tenantTable({
    name: 'message',
    columns: { id: 'uuid not null', text: 'text not null' },
    privacy: { id: 'none', text: gone },
  });
});

const visitors = collection(
  z.object({ email: z.string(), name: z.string(), score: z.number() }),
  { unique: ['email'], privacy: { email: { ...gone, identifies: 'email' }, name: gone, score: 'none' } },
);
const answers = collection(
  z.object({ customer: z.string().optional(), words: z.string().optional(), stars: z.number() }),
  { indexes: ['customer'], privacy: { customer: { ...cleared, identifies: 'external' }, words: cleared, stars: 'none' } },
);

export default definePlugin({
  id: 'test.crm', version: '1.0.0', sdk: '^0.1', license: 'Apache-2.0',
  capabilities: ['data:sql', 'data:collections'],
  collections: { visitors, answers },
  data: { migrations: [m0001] },
}, () => undefined);
`;
