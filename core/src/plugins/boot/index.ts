/** @module How a start survives a plugin that takes the process down. */
export { openBootJournal, type BootJournal, type Suspect } from './journal.ts';
export { reportToSupervisor, supervise, type SuperviseOptions } from './supervisor.ts';
