import type { CoreMigration, Database, Tx } from '../../data/index.ts';
import type { Delivery, NewEvent } from '../index.ts';
import { z } from 'zod';

/** Where test subscribers leave their effects: one row per event and subscriber, in the order of arrival. */
export const effects: CoreMigration = {
  name: 'test/0001_effects',
  up(schema) {
    schema.tenantTable({
      name: 'test_effect',
      columns: {
        subscriber: 'text not null',
        n: 'bigint not null generated always as identity',
        value: 'integer not null',
      },
      primaryKey: ['subscriber', 'n'],
      privacy: { subscriber: 'none', n: 'none', value: 'none' },
    });
  },
};

const INSERT =
  'insert into core.test_effect (tenant_id, subscriber, value) select $1, $2, v from unnest($3::integer[]) v';
const SELECT = 'select value from core.test_effect where tenant_id = $1 and subscriber = $2 order by n';

/** Writes the events' values and advances, in one transaction. */
export async function writeEffects(
  database: Database,
  subscriber: string,
  { tenant, events, advance }: Delivery,
  before?: (tx: Tx) => Promise<void>,
): Promise<void> {
  await database.withTenant({ tenant }, async (tx) => {
    await tx.execute(INSERT, [tenant, subscriber, events.map(({ payload }) => valueOf(payload))]);
    await before?.(tx);
    await advance(tx);
  });
}

export const effectsOf = async (database: Database, tenant: string, subscriber: string): Promise<number[]> =>
  (await database.withTenant({ tenant }, (tx) => tx.query<{ value: number }>(SELECT, [tenant, subscriber]))).map(
    ({ value }) => value,
  );

const Value = z.object({ value: z.number() });
export const valueOf = (payload: unknown): number => Value.parse(payload).value;

export const happened = (value: number, key?: string): NewEvent => ({
  type: 'test.happened@1',
  source: 'test',
  payload: { value },
  ...(key !== undefined && { key }),
});

export const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
