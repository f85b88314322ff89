import { translate } from '@podlift/sdk';
import { createPluginRoutes } from '../../http/index.ts';
import { flagsOf, metersOf } from '../declared.ts';
import type { LoadedPlugin } from '../loaded.ts';
import type { MutableWorld } from '../world.ts';
import { jobName, jobsOf } from '../wiring/jobs.ts';
import { subscribersOf } from '../wiring/events.ts';
import { routesOf } from '../wiring/routes.ts';
import type { Prepared } from './load.ts';

/** Makes a prepared plugin answer: its contracts, entries, routes, settings, permissions, events and jobs. Undoes itself when a part fails. */
export async function activate(world: MutableWorld, { loaded, plugin }: Prepared): Promise<void> {
  const { id, json } = loaded;
  const { deps } = world;
  try {
    // Checked here so that a wrong route is the fault of its plugin; the router reads them from plugin.json.
    createPluginRoutes(routesOf(json, loaded.trusted));
    if (json.settings) deps.settings.register(id, asSchema(json.settings));
    deps.secrets.declare(id, json.secrets);
    deps.flags?.declare(id, flagsOf(json));
    deps.usage?.declare(id, metersOf(json));
    deps.access.contribute(id, permissionsOf(loaded));
    deps.files.kinds.define(id, json.files ?? {});
    const entities = plugin.manifest.data?.entities ?? [];
    if (entities.length > 0) deps.database.registerEntities(loaded.role, entities);
    for (const job of jobsOf(world, loaded)) await deps.jobs.define(job);
    world.loaded.set(id, loaded);
    for (const service of json.declares.services) world.services.set(service.id, id);
    world.points.add(id, json.declares.contributions);
    await deps.events.register(...subscribersOf(world, loaded));
  } catch (thrown) {
    await deactivate(world, loaded);
    throw thrown;
  }
}

/** Takes a plugin out: new calls find nobody, what runs may end. */
export async function deactivate(world: MutableWorld, loaded: LoadedPlugin): Promise<void> {
  const { id, json } = loaded;
  const { deps } = world;
  if (world.loaded.get(id) === loaded) world.loaded.delete(id);
  for (const [contract, owner] of world.services) if (owner === id) world.services.delete(contract);
  world.points.withdraw(id);
  deps.access.withdraw(id);
  deps.settings.unregister(id);
  deps.flags?.withdraw(id);
  deps.files.kinds.withdraw(id);
  await Promise.all([
    ...json.declares.jobs.map(({ name }) => deps.jobs.undefine(jobName(id, name))),
    ...subscribersOf(world, loaded).map((subscriber) => deps.events.unregister(subscriber.id)),
  ]);
  try {
    await loaded.stop();
  } catch (thrown) {
    deps.log.warn({ err: thrown, plugin: id }, 'A plugin could not be stopped cleanly');
  }
}

const permissionsOf = ({ json: { permissions } }: LoadedPlugin) =>
  Object.fromEntries(
    Object.entries(permissions).map(([name, { title, roles }]) => [name, { title: translate(title), roles }]),
  );

/** plugin.json holds it as an object; the settings room reads it as JSON schema. */
const asSchema = (schema: object): Readonly<Record<string, unknown>> => ({ ...schema });
