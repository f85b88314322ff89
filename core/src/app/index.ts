/** The composition root: wires the rooms, starts and stops an installation. @module */
export { boot, type Booted, type BootOptions } from './boot.ts';
export { doctorDeps } from './doctor.ts';
export { coreMigrations, hostMigrations, migrateCore } from './migrate.ts';
export { runFirstStart, showOn, type CommandScreen } from './first-start.ts';
export { createEdge, startPodlift, type Podlift } from './podlift.ts';
export type { Role } from './role.ts';
export { BOOT_JOURNAL, createRoot, type Ground, type Root, type Rooms } from './rooms.ts';
export { withRooms, type RoomsNeeds } from './tool.ts';
export { letterShelf } from './sealed-letters.ts';
