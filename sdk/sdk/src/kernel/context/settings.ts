import type { Manifest } from '../../manifest.ts';
import type { CallHeader } from '../call.ts';
import { parsed } from '../parse.ts';
import { freezeDeep } from '../strict.ts';

/** Tenants whose parsed settings are kept; beyond it the oldest are parsed anew. */
const MAX_TENANTS = 1000;

/** Parses a tenant's settings once per version. */
export function createSettingsReader({ id, settings }: Manifest): (header: CallHeader) => unknown {
  const known = new Map<string, { readonly version: number; readonly value: unknown }>();
  return ({ tenant, settings: { version, value } }) => {
    const last = known.get(tenant);
    if (last?.version === version) return last.value;
    const fresh = freezeDeep(settings ? parsed(settings, value, `the settings of ${id}`) : {});
    known.delete(tenant);
    known.set(tenant, { version, value: fresh });
    const [oldest] = known.keys();
    if (known.size > MAX_TENANTS && oldest !== undefined) known.delete(oldest);
    return fresh;
  };
}
