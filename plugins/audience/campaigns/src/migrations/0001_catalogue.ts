import { migration } from '@podlift/sdk/sql';
import { CAMPAIGN_STATUSES, campaignsView, DELIVERIES, GOALS, placementsView, READS, SLOTS } from '../contract.ts';

const oneOf = (column: string, words: readonly string[]): string =>
  `${column} in (${words.map((word) => `'${word}'`).join(', ')})`;
/** What every table has. Nothing here tells about a listener or a customer: it is the advertiser's own book-keeping. */
const LIFE = {
  version: 'integer not null default 1',
  created_at: 'timestamptz not null',
  updated_at: 'timestamptz not null',
  archived_at: 'timestamptz',
};
const none = (columns: object): Record<string, 'none'> =>
  Object.fromEntries(Object.keys(columns).map((column) => [column, 'none' as const]));

const SPONSOR = { id: 'uuid not null', name: 'text not null', name_key: 'text not null', domain: 'text', ...LIFE };
const CAMPAIGN = {
  id: 'uuid not null',
  sponsor_id: 'uuid not null',
  name: 'text not null',
  name_key: 'text not null',
  status: 'text not null',
  goal: 'text not null',
  currency: 'text not null',
  budget_micros: 'bigint not null default 0',
  starts_at: 'timestamptz',
  ends_at: 'timestamptz',
  ...LIFE,
};
const PLACEMENT = {
  id: 'uuid not null',
  campaign_id: 'uuid not null',
  show_id: 'uuid not null',
  episode_id: 'uuid',
  name: 'text',
  slot: 'text not null',
  delivery: 'text not null',
  read: 'text not null',
  cost_micros: 'bigint not null default 0',
  impressions_expected: 'bigint',
  airs_at: 'timestamptz',
  live_until: 'timestamptz',
  ...LIFE,
};
const CODE = {
  id: 'uuid not null',
  code: 'text not null',
  code_key: 'text not null',
  /** The key while the code is in use; archived codes give their name back. */
  live_key: 'text',
  campaign_id: 'uuid not null',
  placement_id: 'uuid',
  shared: 'boolean not null default false',
  valid_from: 'timestamptz',
  valid_until: 'timestamptz',
  ...LIFE,
};
const LINK = {
  id: 'uuid not null',
  slug: 'text not null',
  live_slug: 'text',
  target: 'text not null',
  campaign_id: 'uuid not null',
  placement_id: 'uuid',
  utm: `jsonb not null default '{}'`,
  vanity: 'text',
  live_vanity: 'text',
  ...LIFE,
};

/** Sponsors, campaigns, placements, codes and links. References are the database's business: nothing that is referenced can be deleted. */
export const m0001 = migration('0001_catalogue', (schema) => {
  schema.tenantTable({ name: 'sponsor', columns: SPONSOR, unique: [['name_key']], privacy: none(SPONSOR) });
  schema.tenantTable({
    name: 'campaign',
    columns: CAMPAIGN,
    foreignKeys: [{ columns: ['sponsor_id'], references: 'sponsor' }],
    indexes: [['sponsor_id', 'id'], ['status', 'id'], ['name_key']],
    checks: {
      campaign_status_check: oneOf('status', CAMPAIGN_STATUSES),
      campaign_goal_check: oneOf('goal', GOALS),
      campaign_budget_check: 'budget_micros >= 0',
      campaign_flight_check: 'ends_at > starts_at',
    },
    privacy: none(CAMPAIGN),
  });
  schema.tenantTable({
    name: 'placement',
    columns: PLACEMENT,
    // Codes and links refer to a placement together with its campaign, so that the two always agree.
    unique: [['campaign_id', 'id']],
    foreignKeys: [{ columns: ['campaign_id'], references: 'campaign' }],
    indexes: [['show_id', 'id']],
    checks: {
      placement_slot_check: oneOf('slot', SLOTS),
      placement_delivery_check: oneOf('delivery', DELIVERIES),
      placement_read_check: oneOf('read', READS),
      placement_cost_check: 'cost_micros >= 0',
      placement_live_check: 'live_until > airs_at',
    },
    privacy: none(PLACEMENT),
  });
  const booked = [
    { columns: ['campaign_id'], references: 'campaign' },
    { columns: ['campaign_id', 'placement_id'], references: 'placement', keys: ['campaign_id', 'id'] },
  ];
  schema.tenantTable({
    name: 'code',
    columns: CODE,
    unique: [['live_key']],
    foreignKeys: booked,
    indexes: [['campaign_id', 'id'], ['placement_id'], ['code_key']],
    checks: {
      code_shared_check: 'not shared or placement_id is null',
      code_valid_check: 'valid_until > valid_from',
    },
    privacy: none(CODE),
  });
  schema.tenantTable({
    name: 'link',
    columns: LINK,
    unique: [['live_slug'], ['live_vanity']],
    foreignKeys: booked,
    indexes: [['campaign_id', 'id'], ['placement_id']],
    privacy: none(LINK),
  });
  schema.tenantTable({
    name: 'revision',
    columns: { id: 'smallint not null', n: 'bigint not null' },
    privacy: { id: 'none', n: 'none' },
  });
  schema.view(
    campaignsView,
    `select c.tenant_id, c.id, c.sponsor_id, s.name as sponsor, c.name, c.status, c.goal, c.currency, c.budget_micros, c.starts_at, c.ends_at
     from campaign c join sponsor s on s.tenant_id = c.tenant_id and s.id = c.sponsor_id`,
  );
  schema.view(
    placementsView,
    `select tenant_id, id, campaign_id, show_id, episode_id, slot, delivery, read, cost_micros, airs_at from placement`,
  );
});
