import type { Database } from '../data/index.ts';
import type { Usage } from '../settings/index.ts';

const STORED = 'select tenant_id as tenant, sum(size)::float8 as amount from core.file_content group by tenant_id';

/** Writes down how many bytes of files each tenant keeps now. */
export async function meterStorage({
  database,
  usage,
}: {
  readonly database: Database;
  readonly usage: Usage;
}): Promise<void> {
  const levels = await database.system('count what tenants keep', (tx) =>
    tx.query<{ tenant: string; amount: number }>(STORED),
  );
  await usage.level('storage.bytes', levels);
}
