import { pluginSchema, type PluginJson } from '@podlift/sdk/kernel';
import type { ColumnPrivacy, DeclaredTable } from '../data/index.ts';
import { collectionTables, layOut } from './collections/index.ts';

/** What a plugin keeps, as its plugin.json says it. */
export interface DeclaredData {
  readonly plugin: string;
  readonly version: string;
  readonly schema: string;
  readonly tables: readonly DeclaredTable[];
  /** What the fields of its collections tell about people, by table. */
  readonly fields: Readonly<Record<string, Readonly<Record<string, ColumnPrivacy>>>>;
}

/** Reads off plugin.json what a plugin's tables and collections hold; its code is not loaded. */
export function declaredData({ id, version, data, collections }: PluginJson): DeclaredData {
  const tables = Object.entries(data?.tables ?? {}).map(([name, { scope, privacy }]) => ({ name, scope, privacy }));
  const fields = Object.entries(collections).map(
    ([name, declaration]) => [layOut(name, declaration).table, declaration.privacy] as const,
  );
  return {
    plugin: id,
    version,
    schema: pluginSchema(id),
    tables: [...tables, ...collectionTables(collections)],
    fields: Object.fromEntries(fields),
  };
}
