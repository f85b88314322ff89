import { migration } from '@podlift/sdk/sql';
import { orderCounts, touchpointCounts } from '../rollups.ts';

/** Roll-ups of touchpoints and orders. What landed before is marked, and computed by the first job. */
export const m0002 = migration('0002_rollups', (schema) => {
  schema.rollup(touchpointCounts);
  schema.rollup(orderCounts);
  for (const { name } of [touchpointCounts, orderCounts])
    schema.sql(`insert into ${name}_mark (tenant_id, hour)
      select distinct tenant_id, date_trunc('hour', uuid_extract_timestamp(id), 'UTC') from ${name === 'order_count' ? 'orders' : 'touchpoint'}`);
});
