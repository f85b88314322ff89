import { operationsOf, type AnyMigration, type ColumnPrivacy } from './operations.ts';

/** A table and what each of its columns says about people. */
export interface DeclaredTable {
  readonly name: string;
  readonly scope: 'tenant' | 'directory';
  readonly privacy: Readonly<Record<string, ColumnPrivacy>>;
  /** Listed in a manifest, so it has to be there. */
  readonly manifest?: boolean;
}

/** What migrations and manifest say of an owner's tables, together. */
export function declaredBy(
  migrations: readonly AnyMigration[],
  tables: readonly DeclaredTable[] = [],
): ReadonlyMap<string, DeclaredTable> {
  const declared = new Map<string, DeclaredTable>();
  const add = (name: string, scope: DeclaredTable['scope'] | undefined, privacy: DeclaredTable['privacy']): void => {
    const before = declared.get(name);
    declared.set(name, {
      name,
      scope: scope ?? before?.scope ?? 'directory',
      privacy: { ...before?.privacy, ...privacy },
    });
  };
  for (const operation of migrations.flatMap(operationsOf)) {
    if (operation.kind === 'tenantTable') add(operation.table.name, 'tenant', operation.table.privacy);
    else if (operation.kind === 'directoryTable') add(operation.table.name, 'directory', operation.table.privacy);
    else if (operation.kind === 'privacy') add(operation.table, undefined, operation.columns);
  }
  for (const { name, scope, privacy } of tables) {
    add(name, scope, privacy);
    declared.set(name, { name, scope, privacy: { ...declared.get(name)?.privacy, ...privacy }, manifest: true });
  }
  return declared;
}
