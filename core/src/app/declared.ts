import { declaredBy } from '../data/index.ts';
import { declaredData, type PluginHost } from '../plugins/index.ts';
import { createPrivacyCatalog, type InstalledPlugin, type PrivacyCatalog } from '../portability/index.ts';
import { OWNERS } from './migrate.ts';

/** What every column of the installation tells about people, by the word of its owner. */
async function readPrivacy(plugins: PluginHost): Promise<PrivacyCatalog> {
  const { sources } = await plugins.discover();
  return createPrivacyCatalog([
    ...OWNERS.map(({ schema, migrations }) => ({ schema, tables: declaredBy(migrations).values() })),
    ...sources.map(({ json }) => declaredData(json)),
  ]);
}

/** The plugins that lie here, whether or not they run now. */
async function readInstalled(plugins: PluginHost): Promise<InstalledPlugin[]> {
  const { sources } = await plugins.discover();
  return sources.map(({ json: { id, version } }) => ({ id, version }));
}

/** What moving tenants has to know of plugins. */
export const portabilityNeeds = (plugins: PluginHost) => ({
  privacy: () => readPrivacy(plugins),
  installed: () => readInstalled(plugins),
  arrived: (tenant: string) => plugins.welcomeTenant(tenant),
});
