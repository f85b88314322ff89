import type { PluginHostDeps } from '../deps.ts';
import { PluginErrors } from '../errors.ts';

type Doors = Pick<PluginHostDeps, 'tenancy'>;

/** The tenant of a command, made when it is not there. One that is to be thrown away is never a customer's of the same name. */
export async function ensureTenant(
  { tenancy }: Doors,
  { slug, name, disposable = false }: { readonly slug: string; readonly name: string; readonly disposable?: boolean },
): Promise<string> {
  const found = await tenancy.bySlug(slug);
  if (found && disposable && !found.disposable) throw PluginErrors.notDisposable(slug);
  return (found ?? (await tenancy.create({ slug, name, disposable }))).id;
}

/** Deletes the tenant of a command for ever, if it was made for that. */
export async function removeTenant({ tenancy }: Doors, slug: string): Promise<boolean> {
  const found = await tenancy.bySlug(slug);
  if (!found) return false;
  if (!found.disposable) throw PluginErrors.notDisposable(slug);
  await tenancy.purge(found.id, { now: true });
  return true;
}
