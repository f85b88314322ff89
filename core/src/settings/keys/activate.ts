import type { Queryable } from '../../data/index.ts';
import type { Sealer } from '../seal.ts';
import { ROOT_PLACE } from './keyring.ts';

/** Names the newest key as the active one, and seals the root with it, in one transaction. Returns which key was active. */
export async function activate(tx: Queryable, newest: Sealer, at: Date): Promise<string> {
  const [row] = await tx.query<{ active: string; root: string }>('select active, root from core.keyring for update');
  if (!row || row.active === newest.kid) return newest.kid;
  const root = await newest.seal(ROOT_PLACE, await newest.open(ROOT_PLACE, row.root));
  await tx.execute('update core.keyring set active = $1, root = $2, changed_at = $3', [newest.kid, root, at]);
  return row.active;
}
