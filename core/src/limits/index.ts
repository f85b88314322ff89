/** How often something may happen: exact counters in memory, or in Redis for many processes. @module */
export { createLimits, type Limits, type Taken, type Window } from './limits.ts';
