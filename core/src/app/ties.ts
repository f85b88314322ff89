import type { Audit } from '../audit/index.ts';
import { appendEvents } from '../events/index.ts';
import type { Clock } from '../config/index.ts';
import type { Files } from '../files/index.ts';
import type { IdentityDeps, Post } from '../identity/index.ts';
import type { Channels, NotifyDeps, People } from '../notify/index.ts';
import type { PluginHost } from '../plugins/index.ts';
import type { Keyring, OnSettingsChange, Quotas, Settings } from '../settings/index.ts';
import type { Sharing } from '../sharing/index.ts';
import type { Tenancy } from '../tenancy/index.ts';

/** What a change of settings brings with it, in its own transaction: an event for whoever listens. */
export const onSettingsChange =
  (clock: Clock): OnSettingsChange =>
  async (tx, { owner, version }) => {
    const payload = { owner, version };
    await appendEvents(tx, [{ type: 'core.settings-changed@1', source: 'core', payload, key: owner }], clock.now());
  };

/** Plugins remember a tenant's settings for a moment: once a change has committed they are told. */
export const tellPlugins = (settings: Settings, plugins: () => PluginHost): Settings => ({
  ...settings,
  async set(tenant, owner, value, options) {
    const saved = await settings.set(tenant, owner, value, options);
    plugins().forgetTenant(tenant);
    return saved;
  },
  async restore(tenant, owner, version, options) {
    const saved = await settings.restore(tenant, owner, version, options);
    plugins().forgetTenant(tenant);
    return saved;
  },
});

/** What rules of flags may ask of a tenant. Its country is that of its language, when it names one. */
export const attributesOfTenant =
  (tenancy: Pick<Tenancy, 'get' | 'settings'>) =>
  async (id: string): Promise<Readonly<Record<string, string | undefined>>> => {
    const [{ slug, plan }, { value }] = await Promise.all([tenancy.get(id), tenancy.settings.get(id)]);
    return {
      'tenant.slug': slug,
      'tenant.plan': plan,
      'tenant.locale': value.locale,
      'tenant.country': new Intl.Locale(value.locale).region,
      'tenant.timeZone': value.timeZone,
    };
  };

/** People's letters are carried by a room to the right of theirs: it is asked for when there is one to send. */
export const withPost = (rooms: Omit<IdentityDeps, 'post'>, letters: () => Post): IdentityDeps => {
  const { config, database, clock, limits, tenancy, access, quotas, keyring, audit, log } = rooms;
  const post: Post = {
    get open() {
      return letters().open;
    },
    send: (letter) => letters().send(letter),
  };
  return { config, database, clock, limits, tenancy, access, quotas, keyring, log, post, ...(audit && { audit }) };
};

/** Messages reach members, and leave by channels of plugins, which are loaded later. */
export const withPeople = (
  rooms: Omit<NotifyDeps, 'people' | 'channels'>,
  keyring: Pick<Keyring, 'derive' | 'sealer'>,
  people: People,
  plugins: () => Channels,
): NotifyDeps => {
  const { database, clock, log, limits, access, tenancy, events, jobs, metrics, health } = rooms;
  // Links in mails that were sent outlive an exchange of the master key.
  const config = { ...rooms.config, masterKey: keyring.derive('podlift/notify/v1'), oldMasterKeys: [] };
  const { sealer } = keyring;
  const channels: Channels = {
    list: (tenant) => plugins().list(tenant),
    deliver: (tenant, channel, message) => plugins().deliver(tenant, channel, message),
  };
  const watched = { ...(metrics && { metrics }), ...(health && { health }) };
  return { config, database, clock, log, limits, access, tenancy, events, jobs, people, channels, sealer, ...watched };
};

/** What begins with a tenant, and what ends with it beside its rows. */
export function tieTenantLife({
  audit,
  tenancy,
  files,
  quotas,
  plugins,
  sharing,
}: {
  readonly audit: Pick<Audit, 'record'>;
  readonly tenancy: Tenancy;
  readonly files: Files;
  readonly quotas: Pick<Quotas, 'countBy'>;
  readonly plugins: PluginHost;
  readonly sharing: Pick<Sharing, 'endAll'>;
}): void {
  tenancy.onCreated('plugins', ({ id }) => plugins.welcomeTenant(id));
  tenancy.onPurge('sharing', ({ id }) => sharing.endAll(id));
  tenancy.onPurge('plugins', ({ id }) => plugins.purgeTenant(id));
  tenancy.onPurge('files', ({ id }) => files.purge(id));
  quotas.countBy('file-bytes', async (tenant) => (await files.usage(tenant)).kept);
  // The tenant's own trail goes with it; that it is gone stays with the operator.
  tenancy.onPurge('audit', async ({ id, slug }) => {
    const actor = { kind: 'system', id: 'core' };
    await audit.record(null, { actor, action: 'tenant.purged', target: `tenant:${id}`, details: { slug } });
  });
}
