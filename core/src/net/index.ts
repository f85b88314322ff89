/** The only way out: a fetch that reaches what its caller may reach, and nothing inside. @module */
export { createNet, type Net, type NetOptions } from './net.ts';
export type { NetInit, NetPolicy } from './policy.ts';
export type { Resolve } from './connect.ts';
export type { NetErrorCode } from './errors.ts';
export { checkHostPatterns, matchesHost } from './hosts.ts';
