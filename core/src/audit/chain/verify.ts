import type { Database, Queryable } from '../../data/index.ts';
import { INSTALLATION } from '../redaction.ts';
import type { AnchorBook, Anchors } from './anchors.ts';
import { checkChain, type Finding } from './check.ts';
import { believedRestores, withoutLost, type Lost } from './lost.ts';
import { ONE_MOMENT, readChain, readHead, readStart } from './read.ts';

/** What came of looking through one chain. */
export interface ChainReport {
  /** A tenant's id, or `installation`. */
  readonly chain: string;
  readonly acts: number;
  /** Acts that retention removed; the rest is held against the checkpoint. */
  readonly retired: number;
  readonly unsealed: number;
  readonly anchors: number;
  readonly findings: readonly Finding[];
  /** What restores to earlier moments took back: no alarm, and told. */
  readonly lost: readonly Lost[];
}

export interface VerifyDeps {
  readonly database: Pick<Database, 'system'>;
  readonly anchors?: Pick<Anchors, 'read'>;
}

const CHAINS = `select tenant_id::text as chain from core.audit_head
  union select tenant_id::text from core.audit_checkpoint
  union select tenant_id::text from core.audit where seq is not null order by 1`;
const UNSEALED = `select case when $1::uuid = $2::uuid then (select count(*) from core.operator_audit where seq is null)
  else (select count(*) from core.audit where tenant_id = $1 and seq is null) end as n`;
/** A chain ends with its tenant, and the operator's chain says when. */
const PURGED = `select 1 from core.operator_audit where action = 'tenant.purged' and target = 'tenant:' || $1`;

/**
 * Looks through one chain or all, and yields what it found of each. Everything is compared: rows with their proofs, the end with the
 * sealer's head, both with the anchors.
 */
export async function* verifyChains({ database, anchors }: VerifyDeps, chain?: string): AsyncGenerator<ChainReport> {
  const book = (await anchors?.read()) ?? NOTHING;
  const known = await database.system('list chains of acts', (tx) => tx.query<{ chain: string }>(CHAINS));
  const all = chain === undefined ? [...new Set([...known.map((one) => one.chain), ...book.chains.keys()])] : [chain];
  for (const one of all)
    yield await database.system('verify acts', async (tx) => {
      await tx.execute(ONE_MOMENT);
      const believed = await believedRestores(tx, book);
      return verifyOne(tx, one, withoutLost(book.chains.get(one) ?? [], book.restores.get(one) ?? [], believed));
    });
}

const NOTHING: AnchorBook = { chains: new Map(), restores: new Map(), unreadable: [] };

async function verifyOne(
  tx: Queryable,
  chain: string,
  { useful: anchors, lost }: ReturnType<typeof withoutLost>,
): Promise<ChainReport> {
  const start = await readStart(tx, chain);
  const head = await readHead(tx, chain);
  const [open] = await tx.query<{ n: number }>(UNSEALED, [chain, INSTALLATION]);
  const purged = !head && (await tx.query(PURGED, [chain])).length > 0;
  const useful = purged ? [] : anchors.filter(({ seq }) => seq >= start.seq);
  const checked = await checkChain(readChain(tx, chain), { start, head, anchors: useful });
  return {
    chain: chain === INSTALLATION ? 'installation' : chain,
    acts: checked.rows,
    retired: start.seq,
    unsealed: open?.n ?? 0,
    anchors: useful.length,
    findings: checked.findings,
    lost,
  };
}
