import type { Queryable } from '../../data/index.ts';
import { INSTALLATION } from '../redaction.ts';
import { beginningOf, type ChainRow, type Link } from './canonical.ts';

const COLUMNS = `id::text as id, (extract(epoch from "time") * 1000000)::bigint::text as micros, actor_kind as "actorKind", actor_id as "actorId",
  action, target, via, request_id as "requestId", ip, details::text as details, encode(salt, 'hex') as salt,
  encode(digest, 'hex') as digest, seq, encode(hash, 'hex') as hash, redacted_at is not null as redacted`;
const TENANT = `select tenant_id::text as tenant, ${COLUMNS} from core.audit where tenant_id = $1 and seq > $2 order by seq, id limit $3`;
const OPERATOR = `select tenant::text as tenant, ${COLUMNS} from core.operator_audit where $1::uuid is not null and seq > $2 order by seq, id limit $3`;
const LINK = (table: string): string =>
  `select seq, encode(hash, 'hex') as hash from core.${table} where tenant_id = $1`;
const BATCH = 2000;

/** Everything read in it is of one moment, however long it takes. */
export const ONE_MOMENT = 'set transaction isolation level repeatable read, read only';

/** The sealed acts of a chain in their order, after a place. */
export async function* readChain(tx: Queryable, chain: string, after = 0, batch = BATCH): AsyncGenerator<ChainRow> {
  const sql = chain === INSTALLATION ? OPERATOR : TENANT;
  for (let last = after; ;) {
    const rows = await tx.query<ChainRow>(sql, [chain, last, batch]);
    yield* rows;
    const end = rows.at(-1);
    if (!end || rows.length < batch) return;
    last = end.seq;
  }
}

/** Where the sealer stands in a chain. */
export const readHead = async (tx: Queryable, chain: string): Promise<Link | undefined> =>
  (await tx.query<Link>(LINK('audit_head'), [chain]))[0];

/** Where the rows of a chain begin: after what retention removed, or at the beginning. */
export const readStart = async (tx: Queryable, chain: string): Promise<Link> =>
  (await tx.query<Link>(LINK('audit_checkpoint'), [chain]))[0] ?? beginningOf(chain);
