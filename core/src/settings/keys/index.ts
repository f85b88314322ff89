/** The master key's work: what it seals, what is derived, and how it is exchanged while nodes run. @module */
export { openKeyring, type Keyring, type KeyringDeps } from './keyring.ts';
export type { Shelf } from './shelf.ts';
export { rotateKeys, type Rotation, type RotateDeps } from './rotate.ts';
export { verifyKeys, type KeyReport, type VerifyDeps } from './verify.ts';
