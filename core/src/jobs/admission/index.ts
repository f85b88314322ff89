/** Which jobs may go into the queues, fairly over tenants. @module */
export { admit } from './admit.ts';
export { createDurations, type Durations } from './durations.ts';
export { createLines, type Capacity, type Line, type Lines } from './lines.ts';
export { planAdmission, type Admitted, type InFlight, type Room, type WaitingJob } from './plan.ts';
