import { appendEvents } from '../events/index.ts';
import type { Settings, OnSettingsChange } from '../settings/index.ts';
import type { Rooms } from './rooms.ts';

/** What a change of settings brings with it, in its own transaction: an event for whoever listens and a row in the audit. */
export const onSettingsChange =
  (rooms: Pick<Rooms, 'audit' | 'clock'>): OnSettingsChange =>
  async (tx, { tenant, owner, version, by }) => {
    const payload = { owner, version };
    await appendEvents(
      tx,
      [{ type: 'core.settings-changed@1', source: 'core', payload, key: owner }],
      rooms.clock.now(),
    );
    await rooms.audit.record(tx, {
      tenant,
      actor: { kind: 'user', id: by },
      action: 'settings.changed',
      target: `settings:${owner}`,
      details: { version },
    });
  };

/** Plugins remember a tenant's settings for a moment: once a change has committed they are told. */
export const tellPlugins = (settings: Settings, plugins: () => Rooms['plugins']): Settings => ({
  ...settings,
  async set(tenant, owner, value, options) {
    const saved = await settings.set(tenant, owner, value, options);
    plugins().forgetTenant(tenant);
    return saved;
  },
});

/** What begins with a tenant, and what ends with it beside its rows. */
export function tiePurge({ tenancy, files, plugins }: Pick<Rooms, 'tenancy' | 'files' | 'plugins'>): void {
  tenancy.onCreated('plugins', ({ id }) => plugins.welcomeTenant(id));
  tenancy.onPurge('plugins', ({ id }) => plugins.purgeTenant(id));
  tenancy.onPurge('files', ({ id }) => files.purge(id));
}
