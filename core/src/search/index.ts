/** Search: what people can find by its name or words, kept by plugins in the transactions of their own changes. @module */
export { createSearchRoom, type FindableKind, type SearchRoom } from './room.ts';
export { applySearchChanges, type SearchChange } from './changes.ts';
export { migrations } from './migrations.ts';
export { searchRoutes } from './routes.ts';
