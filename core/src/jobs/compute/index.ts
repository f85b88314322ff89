/** Heavy computations, in threads beside the host. @module */
export { createComputePool, type ComputePool, type ComputePoolOptions } from './pool.ts';
