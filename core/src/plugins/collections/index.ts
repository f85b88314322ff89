/** @module Records that the host stores for plugins: tables from declarations, buffered writes, pages. */
export { applyWrites } from './apply.ts';
export { layOut, type CollectionDeclaration, type CollectionLayout } from './layout.ts';
export { collectionMigrations, collectionTables } from './migrations.ts';
export { FindQuery } from './query.ts';
export { findItems, getItem, type StoredItem } from './read.ts';
export { CollectionWrite, type PendingWrite } from './writes.ts';
