import type { SqlDatabase } from '../../grants.ts';
import { PodliftError } from '../../errors.ts';
import type { Call } from '../call.ts';

/** The transaction of this call, which the host put beside it. Strict mode counts statements that nobody awaits. */
export function openDatabase(call: Call, plugin: string): SqlDatabase {
  // What the host passes as `local.db` keeps the interface; it cannot be checked more than it is here.
  const db = call.local?.db as SqlDatabase | undefined;
  if (!db) throw PodliftError.denied(plugin, 'data:sql in this call: it is there inline only');
  if (!call.strict) return db;
  return {
    tenant: db.tenant,
    query: (sql, values) => call.track(db.query(sql, values)),
    em: () => call.track(db.em()),
  };
}
