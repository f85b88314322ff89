import { pluginSchema, type PluginJson } from '@podlift/sdk/kernel';
import type { MigrationOwner } from '../../data/index.ts';
import { collectionMigrations, collectionTables } from '../collections/index.ts';
import { keepsData, type Prepared } from './load.ts';

/** The part of a plugin that the data room migrates; undefined when it keeps no data. `publishers` finds the view behind `name@major`. */
export function ownerOf(
  { source: { json }, plugin }: Prepared,
  viewName: (id: string) => string | undefined,
): MigrationOwner | undefined {
  if (!keepsData(json)) return undefined;
  const schema = pluginSchema(json.id);
  const reads = json.data?.reads.flatMap((id) => viewName(id) ?? []) ?? [];
  return {
    owner: json.id,
    schema,
    role: schema,
    migrations: [...collectionMigrations(json.collections), ...(plugin.manifest.data?.migrations ?? [])],
    tables: collectionTables(json.collections),
    reads,
  };
}

/** The SQL names of all published views by their contract ids. */
export function publishedViews(all: readonly PluginJson[]): ReadonlyMap<string, string> {
  return new Map(
    all.flatMap(
      (json) => json.data?.publishes.map(({ id, view }) => [id, `${pluginSchema(json.id)}.${view}`] as const) ?? [],
    ),
  );
}
