/** Sharing between tenants: one grants, the other accepts, and rows are copied into its own, with where they came from. @module */
export { migrations } from './migrations.ts';
export { sharingRoutes } from './routes.ts';
export { createSharing, type Sharing, type SharingDeps } from './sharing.ts';
export type { GivenShare, ReceivedShare, ShareState } from './share.ts';
