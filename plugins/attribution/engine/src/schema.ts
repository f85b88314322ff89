import { migration } from '@podlift/sdk/sql';

/** Columns that tell nothing about a person. */
const figures = (columns: string) => Object.fromEntries(columns.split(' ').map((column) => [column, 'none' as const]));

/** Runs and what belongs to them: written once, never changed. None of it tells about a person; credits per order are not stored. */
const runs = migration('0001_runs', (schema) => {
  schema.tenantTable({
    name: 'attribution_models',
    columns: {
      model: 'text not null',
      plugin: 'text not null',
      version: 'text not null',
      label: 'text not null',
      description: 'text not null',
      formula: 'text not null',
      source: 'text not null',
      unit_sum: 'boolean not null',
      deterministic: 'boolean not null',
      first_used_at: 'timestamptz not null',
    },
    primaryKey: ['model', 'plugin', 'version'],
    grants: ['select', 'insert'],
    privacy: figures('model plugin version label description formula source unit_sum deterministic first_used_at'),
  });
  schema.tenantTable({
    name: 'attribution_runs',
    columns: {
      id: 'uuid not null',
      created_at: 'timestamptz not null',
      range_from: 'timestamptz not null',
      range_to: 'timestamptz not null',
      dimension: 'text not null',
      window_days: 'integer not null',
      currency: 'text',
      input_hash: 'text not null',
      totals: 'jsonb not null',
      models: 'jsonb not null',
    },
    indexes: [['dimension', 'id']],
    checks: { attribution_runs_range: 'range_from < range_to' },
    grants: ['select', 'insert'],
    privacy: figures('id created_at range_from range_to dimension window_days currency input_hash totals models'),
  });
  schema.tenantTable({
    name: 'attribution_results',
    columns: {
      run_id: 'uuid not null',
      place: 'integer not null',
      key: 'uuid not null',
      label: 'text not null',
      conversions: 'double precision[] not null',
      value_micros: 'bigint[] not null',
    },
    primaryKey: ['run_id', 'place'],
    foreignKeys: [{ columns: ['run_id'], references: 'attribution_runs', onDelete: 'cascade' }],
    grants: ['select', 'insert'],
    privacy: figures('run_id place key label conversions value_micros'),
  });
  schema.tenantTable({
    name: 'attribution_paths',
    columns: {
      run_id: 'uuid not null',
      key: 'uuid not null',
      place: 'integer not null',
      path: 'uuid[] not null',
      conversions: 'integer not null',
      value_micros: 'bigint not null',
      touches: 'double precision not null',
    },
    primaryKey: ['run_id', 'key', 'place'],
    foreignKeys: [{ columns: ['run_id'], references: 'attribution_runs', onDelete: 'cascade' }],
    grants: ['select', 'insert'],
    privacy: figures('run_id key place path conversions value_micros touches'),
  });
  schema.tenantTable({
    name: 'attribution_validations',
    columns: {
      run_id: 'uuid not null',
      model: 'text not null',
      against: 'text not null',
      share_error: 'double precision not null',
      rank_correlation: 'double precision not null',
      over_credit: 'double precision not null',
      created_at: 'timestamptz not null',
    },
    primaryKey: ['run_id', 'model', 'against'],
    foreignKeys: [{ columns: ['run_id'], references: 'attribution_runs', onDelete: 'cascade' }],
    grants: ['select', 'insert'],
    privacy: figures('run_id model against share_error rank_correlation over_credit created_at'),
  });
});

export const migrations = [runs];
