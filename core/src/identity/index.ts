/** People, keys and sessions: who somebody is, and where they belong. better-auth behind our own fast checks. @module */
export { createIdentity, type Identity, type IdentityDeps } from './identity.ts';
export { authMigrations, migrations } from './migrations/index.ts';
export type { Identified, KeyCredential, SessionCredential } from './credential.ts';
export type { KnownPrincipal } from './principal.ts';
export type { ApiKey, IssuedKey, NewKey } from './keys.ts';
export type { Member } from './members.ts';
export type { NewUser, User } from './users.ts';
export type { NewOwner, Owner } from './onboarding.ts';
export { NO_POST, type Letter, type LetterKind, type Post } from './letter.ts';
export { createDirectory, type Directory } from './directory.ts';
export { page as plainPage } from './pages/layout.ts';
export { identityRoutes, type IdentityRouteDeps } from './routes.ts';
