/** How often something may happen: exact counters in memory, or in Redis for many processes. @module */
export { countedAddress } from './address.ts';
export { createLimits, type Limits, type Taken, type Window } from './limits.ts';
