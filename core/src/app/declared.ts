import { PodliftError, type Identifier } from '@podlift/sdk';
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

/** Further names of a person. A plugin that knows people under names of its own and does not run would be passed over: then nobody is asked. */
async function nameSubject(
  plugins: PluginHost,
  tenant: string,
  identifiers: readonly Identifier[],
): Promise<Identifier[]> {
  const { sources } = await plugins.discover();
  for (const { json } of sources) {
    if (!json.declares.subject) continue;
    const { state, reason = 'it was not started' } = plugins.show(json.id);
    if (state !== 'active')
      throw new PodliftError(
        'privacy.plugin_down',
        `${json.id} knows people under names of its own and is ${state} (${reason}). Retry it; then the request can be carried out.`,
        { kind: 'unavailable' },
      );
  }
  return plugins.nameSubject(tenant, identifiers);
}

/** What moving tenants has to know of plugins. */
export const portabilityNeeds = (plugins: PluginHost) => ({
  privacy: () => readPrivacy(plugins),
  installed: () => readInstalled(plugins),
  arrived: (tenant: string) => plugins.welcomeTenant(tenant),
  nameSubject: (tenant: string, identifiers: readonly Identifier[]) => nameSubject(plugins, tenant, identifiers),
});
