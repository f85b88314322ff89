import type { SqlDatabase } from '@podlift/sdk';
import type { Local } from '@podlift/sdk/kernel';
import { PluginErrors } from '../errors.ts';
import type { LoadedPlugin } from '../loaded.ts';
import { isGranted } from '../tenants/consent.ts';
import type { Call } from './table.ts';

/** What a call may use that no wire can carry: the transaction of a `data:sql` plugin. */
export function createLocal(plugin: LoadedPlugin, call: Call): Local {
  const required = plugin.capabilities.includes('data:sql');
  // The check costs nothing until somebody uses it.
  const check = (): void => {
    if (!isGranted(plugin, 'data:sql', call.facts)) throw PluginErrors.notGranted(plugin.id, 'data:sql');
  };
  const db: SqlDatabase<unknown> = {
    tenant: call.tenant,
    async query(sql, values) {
      if (!required) check();
      return call.unit.run((tx) => tx.query(sql, values));
    },
    async em() {
      if (!required) check();
      return call.unit.run((tx) => tx.em());
    },
  };
  return { db };
}
